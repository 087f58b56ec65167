import { custom, encodeAbiParameters, encodeEventTopics, type Hex, keccak256, type Transport, toHex } from 'viem'
import type { RollupDeployment } from '../../genesis/types.ts'
import { l1MessengerAbi, nativeRollupAbi } from '../../rollup/contracts.ts'
import type { MetaStore } from '../../rollup/json.ts'

type Log = Record<string, unknown> & { address: Hex; blockNumber: Hex; blockHash: Hex }
type FakeBlock = { number: bigint; hash: Hex; parentHash: Hex; timestamp: bigint; logs: Log[] }
type Event = { address: Hex; topics: Hex[]; data: Hex }

export type Answer = (method: string, params: readonly unknown[], honest: () => unknown) => unknown

/** An L1 at the JSON-RPC edge: blocks that a test appends, reorganises and lies about. */
export type FakeL1 = {
  blocks: FakeBlock[]
  /** how often each method was asked */
  calls: Record<string, number>
  transport: Transport
  /** replaced by a test to fail, to lie or to hang */
  answer: { current: Answer | undefined }
  append(...events: Event[]): FakeBlock
  /** drops the newest `depth` blocks; what is appended afterwards has other hashes */
  reorg(depth: number): void
}

export function fakeDeployment(overrides: Partial<RollupDeployment> = {}): RollupDeployment {
  return {
    l1ChainId: 1,
    l2ChainId: 2,
    l1: {
      rollup: '0x00000000000000000000000000000000000000A1',
      messenger: '0x00000000000000000000000000000000000000A2',
      tokenBridge: '0x00000000000000000000000000000000000000a5',
      tokenImplementation: '0x00000000000000000000000000000000000000A6',
      withdrawalVerifier: '0x00000000000000000000000000000000000000A3',
      factory: '0x00000000000000000000000000000000000000A4',
      router: '0x00000000000000000000000000000000000000A5',
    },
    l2: {
      messenger: '0x8079000000000000000000000000000000000001',
      tokenBridge: '0x8079000000000000000000000000000000000002',
      l1State: '0x8079000000000000000000000000000000000003',
      crossMessenger: '0x8079000000000000000000000000000000000005',
    },
    deployBlock: 0,
    l2GenesisHash: `0x${'11'.repeat(32)}`,
    l2GenesisStateRoot: `0x${'22'.repeat(32)}`,
    l2GasLimit: 60_000_000,
    parameters: {
      maxAnchorAge: 7200,
      maxTimestampLag: 604_800,
      finalityDelay: 0,
      sequencerTimeout: 7200,
      forcedDeadline: 3600,
      forcedExpiry: 86_400,
      forcedBond: '10000000000000000',
      maxMessageGas: 8_000_000,
      feeRecipient: '0x0000000000000000000000000000000000000000',
      sequencer: '0x0000000000000000000000000000000000000000',
    },
    ...overrides,
  }
}

export function createFakeL1(): FakeL1 {
  const blocks: FakeBlock[] = []
  const calls: Record<string, number> = {}
  const answer: { current: Answer | undefined } = { current: undefined }
  let fork = 0

  const append = (...events: Event[]): FakeBlock => {
    const parent = blocks.at(-1)
    const number = parent === undefined ? 0n : parent.number + 1n
    const hash = keccak256(toHex(`${fork} ${number}`))
    const logs = events.map(
      (event, index): Log => ({
        ...event,
        blockNumber: toHex(number),
        blockHash: hash,
        transactionHash: keccak256(toHex(`tx ${fork} ${number} ${index}`)),
        logIndex: toHex(index),
        removed: false,
      }),
    )
    const parentHash: Hex = parent?.hash ?? `0x${'00'.repeat(32)}`
    const block = { number, hash, parentHash, timestamp: 1_000n + number * 12n, logs }
    blocks.push(block)
    return block
  }
  const honest = (method: string, params: readonly unknown[]): unknown => {
    if (method === 'eth_chainId') return '0x1'
    if (method === 'eth_getBlockByNumber') return toRpc(findBlock(blocks, params[0]))
    if (method === 'eth_getBlockByHash') return toRpc(blocks.find(({ hash }) => hash === params[0]))
    if (method === 'eth_getLogs') return findLogs(blocks, params[0] as LogQuery)
    throw { code: -32601, message: `the method ${method} does not exist` }
  }
  append()
  return {
    blocks,
    calls,
    answer,
    append,
    reorg(depth) {
      blocks.length -= depth
      fork += 1
    },
    transport: custom(
      {
        request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
          calls[method] = (calls[method] ?? 0) + 1
          const real = () => honest(method, params)
          return answer.current === undefined ? real() : answer.current(method, params, real)
        },
      },
      { retryCount: 0 },
    ),
  }
}

type LogQuery = { address: Hex[]; blockHash?: Hex; fromBlock?: Hex; toBlock?: Hex }

function findBlock(blocks: readonly FakeBlock[], at: unknown): FakeBlock | undefined {
  return at === 'latest' ? blocks.at(-1) : blocks.find(({ number }) => number === BigInt(at as Hex))
}

function findLogs(blocks: readonly FakeBlock[], query: LogQuery): Log[] {
  const { blockHash, fromBlock = '0x0', toBlock = '0x0' } = query
  const inRange = ({ number, hash }: FakeBlock) =>
    blockHash === undefined ? number >= BigInt(fromBlock) && number <= BigInt(toBlock) : hash === blockHash
  const wanted = query.address.map((address) => address.toLowerCase())
  return blocks
    .filter(inRange)
    .flatMap(({ logs }) => logs.filter(({ address }) => wanted.includes(address.toLowerCase())))
}

function toRpc(block: FakeBlock | undefined) {
  if (block === undefined) return null
  const { number, hash, parentHash, timestamp } = block
  return {
    number: toHex(number),
    hash,
    parentHash,
    timestamp: toHex(timestamp),
    baseFeePerGas: '0x7',
    gasLimit: '0x3938700',
  }
}

const WHO = '0x00000000000000000000000000000000000000b1'

export function messageSent(deployment: RollupDeployment, index: number): Event {
  const [signature, ...topics] = encodeEventTopics({
    abi: l1MessengerAbi,
    eventName: 'MessageSent',
    args: { index: BigInt(index), sender: WHO, to: WHO },
  })
  const data = encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint64' }, { type: 'bytes' }],
    [BigInt(1000 + index), 0n, 21_000n, '0x'],
  )
  return { address: deployment.l1.messenger, topics: [signature, ...topics] as Hex[], data }
}

export function messageDelivered(deployment: RollupDeployment, index: number): Event {
  const [signature, ...topics] = encodeEventTopics({
    abi: l1MessengerAbi,
    eventName: 'MessageDelivered',
    args: { index: BigInt(index), sender: WHO, to: WHO },
  })
  const data = encodeAbiParameters([{ type: 'address' }], [WHO])
  return { address: deployment.l1.messenger, topics: [signature, ...topics] as Hex[], data }
}

export function blockAdvanced(deployment: RollupDeployment, number: number, salt = 0): Event {
  const blockHash = keccak256(toHex(`l2 block ${number} ${salt}`))
  const [signature, ...topics] = encodeEventTopics({
    abi: nativeRollupAbi,
    eventName: 'BlockAdvanced',
    args: { number: BigInt(number), blockHash },
  })
  const data = encodeAbiParameters(
    [{ type: 'bytes32' }, { type: 'uint64' }, { type: 'bytes32' }],
    [keccak256(toHex(`root ${number}`)), BigInt(number), `0x${'33'.repeat(32)}`],
  )
  return { address: deployment.l1.rollup, topics: [signature, ...topics] as Hex[], data }
}

/** A meta store in memory that a second watcher can be opened on; `failAfter` breaks writes to play a crash. */
export function memoryMeta(): MetaStore & { failAfter: number } {
  const values = new Map<string, Uint8Array>()
  const meta = {
    failAfter: Number.POSITIVE_INFINITY,
    getMeta: (key: string) => values.get(key),
    async putMeta(key: string, value: Uint8Array) {
      if (meta.failAfter <= 0) throw new Error('the process died')
      meta.failAfter -= 1
      values.set(key, value)
    },
  }
  return meta
}

/** The bytes of fake forced transaction `id`. */
export const forcedBytes = (id: number, salt = 0): Hex => toHex(`forced ${id} ${salt}`)

export function transactionForced(deployment: RollupDeployment, id: number, salt = 0): Event {
  const signedTx = forcedBytes(id, salt)
  const topics = encodeEventTopics({
    abi: nativeRollupAbi,
    eventName: 'TransactionForced',
    args: { id: BigInt(id), txHash: keccak256(signedTx) },
  })
  const data = encodeAbiParameters([{ type: 'address' }, { type: 'bytes' }], [WHO, signedTx])
  return { address: deployment.l1.rollup, topics: topics as Hex[], data }
}

export function forcedIncluded(deployment: RollupDeployment, id: number, number = 1): Event {
  const topics = encodeEventTopics({ abi: nativeRollupAbi, eventName: 'ForcedIncluded', args: { id: BigInt(id) } })
  const data = encodeAbiParameters([{ type: 'uint64' }], [BigInt(number)])
  return { address: deployment.l1.rollup, topics: topics as Hex[], data }
}

export function forcedExpired(deployment: RollupDeployment, id: number): Event {
  const topics = encodeEventTopics({ abi: nativeRollupAbi, eventName: 'ForcedExpired', args: { id: BigInt(id) } })
  return { address: deployment.l1.rollup, topics: topics as Hex[], data: '0x' }
}
