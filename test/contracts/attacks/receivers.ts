import { encodeFunctionData, type Hex, zeroAddress } from 'viem'
import type { Message } from '../../../rollup/types.ts'
import { compile } from '../../compile.ts'
import { type Bridge, createBridge, l1Abi, l2Abi } from '../bridge.ts'
import { L2_MESSENGER } from '../setup.ts'
import { ALICE, type CallOptions, type Chain, type Outcome } from '../vm.ts'

/** What test/contracts/Receivers.sol does when it is called. */
export const Mode = { Accept: 0, Revert: 1, ReturnBomb: 2, RevertBomb: 3, Reenter: 4, BurnInside: 5 } as const

const artifacts = compile({ Receiver: 'test/contracts/Receivers.sol' })

/** A contract that messages are delivered to. */
export async function createReceiver(chain: Chain, mode: number = Mode.Accept) {
  const { address } = await chain.deploy(artifacts.Receiver)
  const { abi } = artifacts.Receiver
  const set = (next: number, target: Hex = zeroAddress, data: Hex = '0x', value = 0n) =>
    chain.send(address, abi, 'set', [next, target, data, value])
  await set(mode)
  return { address, set, read: <T>(name: string) => chain.read<T>(address, abi, name) }
}

export type Receiver = Awaited<ReturnType<typeof createReceiver>>

/** One direction of a bridge, so that an attack on delivery can be tried on both. */
export type Direction = {
  readonly name: 'L1 to L2' | 'L2 to L1'
  /** where messages are delivered */
  readonly chain: Chain
  readonly messenger: Hex
  readonly abi: readonly unknown[]
  /** the view that tells the sender of the message in delivery */
  readonly senderView: 'l1Sender' | 'l2Sender'
  send(message: Parameters<Bridge['deposit']>[0]): Promise<Message>
  /** settles or anchors all messages so far, and gives the claim of this one */
  ready(message: Message): Promise<Claim>
}

type ClaimOptions = CallOptions & { fee?: Hex }
export type Claim = {
  (options?: ClaimOptions): Promise<Outcome>
  /** calldata of the same */
  readonly data: Hex
}

/** A bridge whose escrow is full, seen in both directions. */
export async function createDirections(amsterdam = false): Promise<{ bridge: Bridge; directions: Direction[] }> {
  const bridge = await createBridge({}, { backing: 10n ** 20n, amsterdam })
  const { l1, l2 } = bridge
  const toL2: Direction = {
    name: 'L1 to L2',
    chain: l2,
    messenger: L2_MESSENGER,
    abi: l2Abi,
    senderView: 'l1Sender',
    send: bridge.deposit,
    async ready(message) {
      const at = await bridge.anchor()
      const path = bridge.inbox.tree.path(Number(message.index), at.size)
      const data = encodeFunctionData({ abi: l2Abi, functionName: 'claim', args: [message, at.rootId, path, ALICE] })
      return Object.assign((options?: ClaimOptions) => bridge.claimOnL2(message, at, options), { data })
    },
  }
  const toL1: Direction = {
    name: 'L2 to L1',
    chain: l1.chain,
    messenger: l1.messenger,
    abi: l1Abi,
    senderView: 'l2Sender',
    send: bridge.withdraw,
    async ready(message) {
      const at = await bridge.settle()
      const data = bridge.claimOnL1Data(message, at)
      return Object.assign((options?: ClaimOptions) => bridge.claimOnL1(message, at, options), { data })
    },
  }
  return { bridge, directions: [toL2, toL1] }
}
