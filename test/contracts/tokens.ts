import { erc20Abi, type Hex } from 'viem'
import { bridgedERC20 } from '../../genesis/generated/BridgedERC20.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { l2TokenBridge } from '../../genesis/generated/L2TokenBridge.ts'
import { messageHash } from '../../rollup/messages/messages.ts'
import type { Message } from '../../rollup/types.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { createBridge, l1Abi, l2Abi } from './bridge.ts'
import { L2_TOKEN_BRIDGE } from './setup.ts'
import { ALICE, BOB, type CallOptions, type Chain, type Outcome } from './vm.ts'

const SOURCE = 'test/contracts/Tokens.sol'
export const TOKEN_NAMES = [
  'PlainToken',
  'FeeToken',
  'RebasingToken',
  'QuietToken',
  'MetadataToken',
  'HookToken',
  'HookHolder',
  'FakeBridgedToken',
] as const
export type TokenArtifacts = Record<(typeof TOKEN_NAMES)[number], Artifact>

export function compileTokens(): TokenArtifacts {
  return compile(Object.fromEntries(TOKEN_NAMES.map((name) => [name, SOURCE]))) as TokenArtifacts
}

export type Transfer = {
  to?: Hex
  amount?: bigint
  fee?: bigint
  from?: Hex
  value?: bigint
  gas?: bigint
  /** default: the amount is approved first */
  approve?: false
}

const events = (abi: readonly { type: string }[]) => abi.filter(({ type }) => type === 'event')
/** Calls of both bridges, and every event that a transfer causes. */
export const bridgeAbi = [
  ...l1TokenBridge.abi,
  ...l2TokenBridge.abi.filter((item) => item.type === 'function' && item.name === 'withdraw'),
  ...events(l1Abi).filter((item) => 'name' in item && item.name === 'MessageSent'),
]
export const tokenAbi = bridgedERC20.abi

/** Two chains with token bridges: `createBridge` with what belongs to tokens. */
export async function createTokenBridge({ amsterdam = false }: { amsterdam?: boolean } = {}) {
  const bridge = await createBridge({}, { amsterdam, backing: 10n ** 24n })
  const { l1, l2, inbox, outbox } = bridge
  const ends = {
    l1: { chain: l1.chain, address: l1.bridge, name: 'deposit', tree: inbox },
    l2: { chain: l2, address: L2_TOKEN_BRIDGE, name: 'withdraw', tree: outbox },
  } as const
  type End = keyof typeof ends

  async function trySend(end: End, token: Hex, transfer: Transfer = {}) {
    const { chain, address, name, tree } = ends[end]
    const { to = BOB, amount = 1_000n, fee = 0n, from = ALICE, value = fee, gas } = transfer
    if (transfer.approve === undefined) await chain.send(token, erc20Abi, 'approve', [address, amount], { from })
    const options: CallOptions = { from, value, ...(gas === undefined ? {} : { gas }) }
    const outcome = await chain.send(address, bridgeAbi, name, [token, to, amount, fee], options)
    const message = messageOf(outcome)
    if (message !== undefined) tree.tree.append(messageHash(message, tree.source, tree.destination))
    return { outcome, message }
  }

  async function send(end: End, token: Hex, transfer?: Transfer): Promise<Message> {
    const { outcome, message } = await trySend(end, token, transfer)
    if (message === undefined) throw new Error(`${ends[end].name} failed: ${outcome.error}`)
    return message
  }

  const read = <T>(end: End, name: string, args: unknown[]) =>
    ends[end].chain.read<T>(ends[end].address, bridgeAbi, name, args)

  /** Claims a message on the other chain, proven by the state as it is now. */
  async function claim(end: End, message: Message, options: CallOptions = {}): Promise<Outcome> {
    return end === 'l2'
      ? bridge.claimOnL2(message, await bridge.anchor(), options)
      : bridge.claimOnL1(message, await bridge.settle(), options)
  }

  return {
    ...bridge,
    chains: { l1: l1.chain, l2 },
    addresses: { l1: l1.bridge, l2: L2_TOKEN_BRIDGE },
    trySend,
    send,
    claim,
    async claimed(end: End, message: Message): Promise<void> {
      const { error } = await claim(end, message)
      if (error !== undefined) throw new Error(`claim failed: ${error}`)
    },
    localToken: (end: End, remote: Hex) => read<Hex>(end, 'localToken', [remote]),
    predict: (end: End, remote: Hex) => read<Hex>(end, 'predictLocalToken', [remote]),
    remoteToken: (end: End, local: Hex) => read<Hex>(end, 'remoteToken', [local]),
    escrowed: (end: End, token: Hex) => read<bigint>(end, 'escrowed', [token]),
    balance: (end: End, token: Hex, holder: Hex) => balanceOf(ends[end].chain, token, holder),
    /** A message as if the other chain's bridge had sent it: what its peer would do for a wrong one. */
    async forge(end: End, data: Hex, sender: Hex = end === 'l2' ? l1.bridge : L2_TOKEN_BRIDGE): Promise<Message> {
      const to = ends[end].address
      const sending = { to, data, from: sender, gasLimit: 3_000_000n }
      return end === 'l2' ? bridge.deposit(sending) : bridge.withdraw(sending)
    },
  }
}

export type TokenBridge = Awaited<ReturnType<typeof createTokenBridge>>

export const balanceOf = (chain: Chain, token: Hex, holder: Hex) =>
  chain.read<bigint>(token, erc20Abi, 'balanceOf', [holder])

export async function deployToken(
  chain: Chain,
  artifact: Artifact,
  args: unknown[] = ['Gold Coin', 'GLD', 6, 10n ** 30n],
): Promise<Hex> {
  return (await chain.deploy(artifact, args)).address
}

/** The one message that a transaction sent. */
export function messageOf(outcome: Outcome): Message | undefined {
  const sent = outcome.events.find(({ name }) => name === 'MessageSent')
  if (sent === undefined) return undefined
  const { index, sender, to, value, fee, gasLimit, data } = sent.args as Message
  return { index, sender, to, value, fee, gasLimit, data }
}

export { l1Abi, l2Abi }
