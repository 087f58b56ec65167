import { type Abi, encodeFunctionData, type Hex } from 'viem'
import type { Message } from '../../../rollup/types.ts'
import { compile } from '../../compile.ts'
import { createBridge, l1Abi, l2Abi, type Sending } from '../bridge.ts'
import { L1_CHAIN_ID, L2_CHAIN_ID, L2_MESSENGER } from '../setup.ts'
import { ALICE, BOB, type CallOptions, type Chain, createChain, type Outcome } from '../vm.ts'
import { compileKit, type KitContract } from './compileKit.ts'

/** One of the two messengers: where it is, and how a message of the other one is delivered there. */
export type Side = {
  chain: Chain
  messenger: Hex
  abi: readonly unknown[]
  /** sends to the other side */
  send(sending: Sending): Promise<{ outcome: Outcome; message: Message }>
  /** delivers what the other side has sent, to the byte; `fee` is the fee recipient, ALICE by default */
  deliver(message: Message, options?: CallOptions & { fee?: Hex }): Promise<Outcome>
  /** of a delivery, which may lack proofs: it is for calls that are refused before any is looked at */
  calldata(message: Message): Hex
  /** of the messages sent from here */
  root(): Promise<Hex>
}

/** Two messengers that know each other, and what they must never be told to call. */
export type Pair = {
  l1: Side
  l2: Side
  rollup: Hex
  bridge: Hex
  /** on L2, the inbox as it is now */
  proveInbox(): Promise<Outcome>
  /** on L2, under a root that was proven; ALICE gets the fee */
  claimUnderRoot(message: Message, rootId: bigint): Promise<Outcome>
}

/** wei that may be withdrawn before anything was deposited */
export const BACKING = 1_000n

/** The real contracts on two chains, with real proofs. */
export async function realPair(): Promise<Pair> {
  const bridge = await createBridge({}, { backing: BACKING })
  const { l1, l2, inbox } = bridge
  return {
    proveInbox: async () => bridge.proveInbox(await bridge.l1Header()),
    claimUnderRoot: (message, rootId) => bridge.claimOnL2(message, { rootId, size: inbox.tree.count }),
    rollup: l1.rollup,
    bridge: l1.bridge,
    l1: {
      chain: l1.chain,
      messenger: l1.messenger,
      abi: l1Abi,
      send: async (sending) => withMessage(await bridge.tryDeposit(sending), sending),
      deliver: async (message, options) => bridge.claimOnL1(message, await bridge.settle(), options),
      calldata: encoded(l1Abi, claimOnL1),
      root: () => l1.chain.read(l1.messenger, l1Abi, 'inboxRoot'),
    },
    l2: {
      chain: l2,
      messenger: L2_MESSENGER,
      abi: l2Abi,
      send: async (sending) => withMessage(await bridge.tryWithdraw(sending), sending),
      deliver: async (message, options) => bridge.claimOnL2(message, await bridge.anchor(), options),
      calldata: encoded(l2Abi, claimOnL2),
      root: () => l2.read(L2_MESSENGER, l2Abi, 'outboxRoot'),
    },
  }
}

const PATHS = {
  L1MessengerMock: 'contracts/kit/mocks/L1MessengerMock.sol',
  L2MessengerMock: 'contracts/kit/mocks/L2MessengerMock.sol',
}

/** The mocks in one chain, built as our own contracts are; messages are claimed, with empty proofs. */
export function claimingMocks(): Promise<Pair> {
  const { L1MessengerMock, L2MessengerMock } = compile(PATHS)
  return mockPair(L1MessengerMock, L2MessengerMock, { l1: claimOnL1, l2: claimOnL2 })
}

/** The same from the oldest compiler, without optimizer; messages are delivered by their index. */
export function deliveringMocks(): Promise<Pair> {
  const { contracts } = compileKit('solc-floor')
  const [l1, l2] = [contracts.get('L1MessengerMock'), contracts.get('L2MessengerMock')]
  if (l1 === undefined || l2 === undefined) throw new Error('the kit has no messenger mocks')
  const byIndex: Claim = ({ index }) => ['deliver', [index]]
  return mockPair(l1, l2, { l1: byIndex, l2: byIndex })
}

/** Function and arguments that deliver a message. */
type Claim = (message: Message, fee: Hex) => [string, unknown[]]
const claimOnL1: Claim = (message, fee) => ['claim', [message, [], 0n, [], [], fee]]
const NO_PROOF = { anchorTimestamp: 0n, l1Header: '0x', accountProof: [], storageProof: [], path: [] }
const claimOnL2: Claim = (message, fee) => ['claimWithProof', [message, NO_PROOF, fee]]

async function mockPair(l1: KitContract, l2: KitContract, claims: { l1: Claim; l2: Claim }): Promise<Pair> {
  const chain = await createChain({ chainId: L1_CHAIN_ID })
  const rollup = '0x4011000000000000000000000000000000000001'
  const bridge = '0xb41d6e0000000000000000000000000000000001'
  await chain.setBalance(ALICE, 10n ** 30n)
  const args = [rollup, bridge, L2_CHAIN_ID]
  const { address } = await chain.deploy(l1, args, { value: BACKING })
  await chain.setCode(L2_MESSENGER, l2.runtimeCode)
  await chain.setBalance(L2_MESSENGER, 10n ** 27n)
  const connected = await chain.send(L2_MESSENGER, l2.abi, 'connect', [address])
  if (!connected.ok) throw new Error(`connect failed: ${connected.error}`)

  const side = (messenger: Hex, abi: readonly unknown[], claim: Claim, root: string): Side => ({
    chain,
    messenger,
    abi,
    async send(sending) {
      const { to = BOB, value = 0n, fee = 0n, gasLimit = 100_000n, data = '0x', from = ALICE } = sending
      const options = { from, value: value + fee }
      const outcome = await chain.send(messenger, abi, 'sendMessage', [to, fee, gasLimit, data], options)
      const index = outcome.ok ? BigInt(outcome.data) : undefined
      return withMessage(
        { outcome, message: index === undefined ? undefined : { ...messageOf(sending), index } },
        sending,
      )
    },
    deliver(message, { fee = ALICE, ...options } = {}) {
      const [name, given] = claim(message, fee)
      // `deliver` pays the fee to its caller.
      return chain.send(messenger, abi, name, given, name === 'deliver' ? { from: fee, ...options } : options)
    },
    calldata: encoded(abi, claim),
    root: () => chain.read(messenger, abi, root),
  })
  return {
    rollup,
    bridge,
    proveInbox: () => chain.send(L2_MESSENGER, l2.abi, 'proveInbox', [0n, '0x', [], []]),
    claimUnderRoot: (message, rootId) => chain.send(L2_MESSENGER, l2.abi, 'claim', [message, rootId, [], ALICE]),
    l1: side(address, l1.abi, claims.l1, 'inboxRoot'),
    l2: side(L2_MESSENGER, l2.abi, claims.l2, 'outboxRoot'),
  }
}

function encoded(abi: readonly unknown[], claim: Claim) {
  return (message: Message): Hex => {
    const [functionName, args] = claim(message, ALICE)
    return encodeFunctionData({ abi: abi as Abi, functionName, args })
  }
}

const messageOf = ({ to = BOB, value = 0n, fee = 0n, gasLimit = 100_000n, data = '0x', from = ALICE }: Sending) => ({
  sender: from,
  to,
  value,
  fee,
  gasLimit,
  data,
})

/** A message that was refused has no index; nobody may look at it. */
function withMessage({ outcome, message }: { outcome: Outcome; message: Message | undefined }, sending: Sending) {
  return { outcome, message: message ?? { ...messageOf(sending), index: -1n } }
}
