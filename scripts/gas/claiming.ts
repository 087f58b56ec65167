import { encodeFunctionData } from 'viem'
import { devAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { L2_MESSENGER_ADDRESS } from '../../genesis/parameters.ts'
import type { Message } from '../../rollup/types.ts'
import type { Usage } from './usage.ts'
import type { World } from './world.ts'

/** name -> what it costs, in the order of the table */
export type Rows = Map<string, Usage>

type Settled = Awaited<ReturnType<World['settle']>>

/** The header of the newest L1 block and the inbox under it, on an L2 block that is anchored to it. */
export async function proveInbox(rows: Rows, name: string, world: World): Promise<void> {
  const proof = world.l1.proveSlot0(world.deployment.l1.messenger)
  const header = world.l1.head().rlp
  await world.l2.empty()
  const { timestamp } = world.l2.head()
  const data = encodeFunctionData({
    abi: l2Messenger.abi,
    functionName: 'proveInbox',
    args: [timestamp, header, proof.accountProof, proof.storageProof],
  })
  rows.set(name, await world.l2.send(name, { from: devAccount(2), to: L2_MESSENGER_ADDRESS, data }))
}

export function claimOnL2(world: World, label: string, message: Message, rootId = 1n): Promise<Usage> {
  const args = [message, rootId, world.inbox.path(Number(message.index)), devAccount(2).address] as const
  const data = encodeFunctionData({ abi: l2Messenger.abi, functionName: 'claim', args })
  return world.l2.send(label, { from: devAccount(2), to: L2_MESSENGER_ADDRESS, data, delivery: message.to })
}

export function claimOnL1(world: World, label: string, message: Message, settled: Settled): Promise<Usage> {
  const path = world.outbox.path(Number(message.index), settled.size)
  const { l2Block, accountProof, storageProof } = settled
  const args = [message, path, l2Block, accountProof, storageProof, devAccount(2).address] as const
  const data = encodeFunctionData({ abi: l1Messenger.abi, functionName: 'claim', args })
  return world.l1.send(label, { from: devAccount(2), to: world.deployment.l1.messenger, data, delivery: message.to })
}

export function at(messages: readonly Message[], index: number): Message {
  const message = messages[index]
  if (message === undefined) throw new RangeError(`there is no message ${index}`)
  return message
}
