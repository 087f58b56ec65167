import { createPublicClient, type Transport } from 'viem'
import { RollupError } from '../errors.ts'

type Hex = `0x${string}`

/** The fields of an L1 block that the rollup's node reads, checked for shape. */
export type L1Block = {
  number: bigint
  hash: Hex
  parentHash: Hex
  timestamp: bigint
  baseFeePerGas: bigint
  gasLimit: bigint
  /** as answered, for the header codec */
  fields: Readonly<Record<string, unknown>>
}

export type L1Log = {
  address: Hex
  topics: readonly Hex[]
  data: Hex
  blockNumber: bigint
  blockHash: Hex
  transactionHash: Hex
  logIndex: bigint
}

export type L1Receipt = {
  transactionHash: Hex
  transactionIndex: bigint
  blockNumber: bigint
  blockHash: Hex
  succeeded: boolean
  gasUsed: bigint
  /** wei per gas */
  effectiveGasPrice: bigint
  logs: readonly L1Log[]
}

/** A transaction as L1 knows it; `at` is its place, absent while it waits. */
export type L1SentTransaction = {
  from: Hex
  to: Hex | undefined
  input: Hex
  type: bigint
  at?: { number: bigint; hash: Hex; index: bigint }
}

/** Where a call runs: behind so many transactions of a block, or behind all of them. */
export type L1Place = { block: Hex | 'latest' | 'pending'; txIndex?: bigint }

/** A transaction of an L1 block, as far as it calls a contract. */
export type L1Call = { hash: Hex; from: Hex; input: Hex }

export type L1StorageProof = { accountProof: readonly Hex[]; storageProof: readonly Hex[] }

/** As L1 understands them: how far it thinks that a block can no longer be taken back. */
export type L1Tag = 'latest' | 'safe' | 'finalized'

export type L1LogQuery = { addresses: readonly Hex[] } & ({ blockHash: Hex } | { fromBlock: bigint; toBlock: bigint })

type EstimatedCall = { from: Hex; to: Hex; data?: Hex; value?: bigint; balance?: bigint }

/** What a call did; `error` in the node's words. `calls`: those that it made itself. */
export type L1CallFrame = {
  gasUsed: bigint
  output: Hex
  error?: string
  calls: readonly Omit<L1CallFrame, 'calls'>[]
}

/** Every question that rollup/ asks L1. Answers are checked for shape, never for truth; all failures are RollupErrors. */
export type L1Client = {
  chainId(): Promise<bigint>
  /** undefined: L1 has no such block */
  getBlock(at: bigint | Hex | L1Tag): Promise<L1Block | undefined>
  /** a block with its transactions to one address; undefined: L1 has no such block */
  getCallsTo(address: Hex, blockNumber: bigint): Promise<{ block: L1Block; calls: readonly L1Call[] } | undefined>
  /** the genesis of a rollup, in any form; L1_REFUSED: L1 does not know it */
  getRollupGenesis(rollup: Hex): Promise<unknown>
  getLogs(query: L1LogQuery): Promise<readonly L1Log[]>
  getStorageProof(address: Hex, slot: Hex, blockNumber: bigint): Promise<L1StorageProof>
  /** undefined when the node does not offer debug_getRawHeader */
  getRawHeader(blockNumber: bigint): Promise<Hex | undefined>
  call(to: Hex, data: Hex, at?: bigint): Promise<Hex>
  /** of the newest block, or of this one */
  getCode(address: Hex, at?: bigint): Promise<Hex>
  getBalance(address: Hex, at?: bigint): Promise<bigint>
  getTransactionInput(hash: Hex): Promise<{ to: Hex | undefined; input: Hex } | undefined>
  getTransaction(hash: Hex): Promise<L1SentTransaction | undefined>
  getTransactionCount(address: Hex): Promise<bigint>
  sendRawTransaction(raw: Hex): Promise<Hex>
  getReceipt(hash: Hex): Promise<L1Receipt | undefined>
  /**
   * the gas limit that a transaction needs on the newest state, or the revert data of one that would fail; `balance`: as if
   * its sender had so many wei
   */
  estimateGas(call: EstimatedCall): Promise<bigint | { revertData: Hex }>
  /** wei that a unit of gas costs now */
  gasPrice(): Promise<bigint>
  /** what a call in the next block does, and the calls that it makes; undefined when the node does not offer debug_traceCall */
  traceCall(call: { from: Hex; to: Hex; data: Hex }): Promise<L1CallFrame | undefined>
  /** debug_traceTransaction; the configuration and what comes back are passed on as they are */
  traceTransaction(hash: Hex, config: object): Promise<unknown>
  /** what an account would answer at this place if it had this code, on its own storage (debug_traceCall) */
  runCode(address: Hex, code: Hex, place: L1Place): Promise<Hex>
  /** calls back on every new head, over WebSocket only; undefined: this transport cannot push, poll it */
  subscribeHeads(listener: () => void): Promise<(() => void) | undefined>
  /** ends a WebSocket; nothing else is held open */
  close(): Promise<void>
  /** runs a mined transaction's call again on the state after block `at`; the revert data, for naming the reason */
  revertData(call: { from: Hex; to: Hex; data: Hex; gas: bigint; value?: bigint }, at: bigint): Promise<Hex | undefined>
}

/** `timeoutMs` bounds every single request, whatever the transport does. */
export type L1ClientOptions = { timeoutMs?: number }

const DEFAULT_TIMEOUT_MS = 15_000

export function createL1Client(transport: Transport, options: L1ClientOptions = {}): L1Client {
  const client = createPublicClient({ transport, cacheTime: 0 })
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  // one loosely typed door: viem's own schema would promise shapes that a hostile node need not deliver
  const send = client.request as (request: { method: string; params: readonly unknown[] }) => Promise<unknown>
  const request = async (method: string, ...params: unknown[]): Promise<unknown> => {
    try {
      return await withTimeout(send({ method, params }), timeoutMs, method)
    } catch (error) {
      throw toRollupError(method, error)
    }
  }
  return {
    ...blockReaders(request),
    ...stateReaders(request),
    ...transactionMethods(request),
    ...traceMethods(request),
    ...pushMethods(client.transport as PushTransport),
  }
}

/** What viem's webSocket transport has besides requests. */
type PushTransport = {
  subscribe?(options: {
    params: ['newHeads']
    onData(): void
    onError(): void
  }): Promise<{ unsubscribe(): Promise<unknown> }>
  getRpcClient?(): Promise<{ close(): void }>
}

function pushMethods(transport: PushTransport): Pick<L1Client, 'subscribeHeads' | 'close'> {
  return {
    async subscribeHeads(listener) {
      try {
        const subscription = await transport.subscribe?.({ params: ['newHeads'], onData: listener, onError: listener })
        return subscription === undefined ? undefined : () => void subscription.unsubscribe().catch(() => undefined)
      } catch (error) {
        throw toRollupError('eth_subscribe', error)
      }
    },
    async close() {
      const socket = await transport.getRpcClient?.().catch(() => undefined)
      socket?.close()
    },
  }
}

type Request = (method: string, ...params: unknown[]) => Promise<unknown>

function blockReaders(
  request: Request,
): Pick<L1Client, 'chainId' | 'getRollupGenesis' | 'getBlock' | 'getCallsTo' | 'getLogs' | 'getRawHeader'> {
  return {
    chainId: async () => quantity(await request('eth_chainId'), 'chainId'),
    getRollupGenesis: (rollup) => request('rollup_genesis', 'l2', rollup),
    async getBlock(at) {
      const byHash = typeof at === 'string' && at.startsWith('0x')
      const answer = byHash
        ? await request('eth_getBlockByHash', at, false)
        : await request('eth_getBlockByNumber', typeof at === 'bigint' ? toQuantity(at) : at, false)
      if (answer === null || answer === undefined) return undefined
      const block = toBlock(answer)
      if (typeof at === 'bigint' && block.number !== at) throw bad('block number', { asked: at, got: block.number })
      if (byHash && block.hash !== at) throw bad('block hash', { asked: at, got: block.hash })
      return block
    },
    async getCallsTo(to, blockNumber) {
      const answer = await request('eth_getBlockByNumber', toQuantity(blockNumber), true)
      if (answer === null || answer === undefined) return undefined
      const block = toBlock(answer)
      if (block.number !== blockNumber) throw bad('block number', { asked: blockNumber, got: block.number })
      return { block, calls: list(block.fields.transactions, 'transactions').flatMap((tx) => toCall(tx, to)) }
    },
    async getLogs(query) {
      const range =
        'blockHash' in query
          ? { blockHash: query.blockHash }
          : { fromBlock: toQuantity(query.fromBlock), toBlock: toQuantity(query.toBlock) }
      const logs = list(await request('eth_getLogs', { address: query.addresses, ...range }), 'logs').map(toLog)
      for (const log of logs) requireInside(log, query)
      return logs
    },
    async getRawHeader(blockNumber) {
      try {
        return hex(await request('debug_getRawHeader', toQuantity(blockNumber)), 'raw header')
      } catch (error) {
        if (error instanceof RollupError && error.code === 'L1_REFUSED') return undefined
        throw error
      }
    },
  }
}

function stateReaders(request: Request): Pick<L1Client, 'getStorageProof' | 'call' | 'getCode' | 'getBalance'> {
  return {
    async getStorageProof(address, slot, blockNumber) {
      const proof = record(await request('eth_getProof', address, [slot], toQuantity(blockNumber)), 'proof')
      const [storage] = list(proof.storageProof, 'storageProof')
      return {
        accountProof: list(proof.accountProof, 'accountProof').map((node) => hex(node, 'proof node')),
        storageProof: list(record(storage, 'storageProof').proof, 'proof').map((node) => hex(node, 'proof node')),
      }
    },
    call: async (to, data, at) =>
      hex(await request('eth_call', { to, data }, at === undefined ? 'latest' : toQuantity(at)), 'call result'),
    getCode: async (address, at) =>
      hex(await request('eth_getCode', address, at === undefined ? 'latest' : toQuantity(at)), 'code'),
    getBalance: async (address, at) =>
      quantity(await request('eth_getBalance', address, at === undefined ? 'latest' : toQuantity(at)), 'balance'),
  }
}

function transactionMethods(
  request: Request,
): Pick<
  L1Client,
  | 'getTransactionInput'
  | 'getTransaction'
  | 'getTransactionCount'
  | 'sendRawTransaction'
  | 'getReceipt'
  | 'estimateGas'
  | 'gasPrice'
  | 'revertData'
> {
  return {
    async getTransactionInput(transactionHash) {
      const answer = await request('eth_getTransactionByHash', transactionHash)
      if (answer === null || answer === undefined) return undefined
      const fields = record(answer, 'transaction')
      return {
        to: fields.to === null || fields.to === undefined ? undefined : address(fields.to),
        input: hex(fields.input, 'transaction input'),
      }
    },
    async getTransaction(transactionHash) {
      const answer = await request('eth_getTransactionByHash', transactionHash)
      return answer === null || answer === undefined ? undefined : toSentTransaction(answer)
    },
    getTransactionCount: async (from) => quantity(await request('eth_getTransactionCount', from, 'latest'), 'nonce'),
    sendRawTransaction: async (raw) => hash(await request('eth_sendRawTransaction', raw), 'transaction hash'),
    async getReceipt(transactionHash) {
      const answer = await request('eth_getTransactionReceipt', transactionHash)
      return answer === null || answer === undefined ? undefined : toReceipt(answer, transactionHash)
    },
    gasPrice: async () => quantity(await request('eth_gasPrice'), 'gas price'),
    async estimateGas({ value = 0n, balance, ...call }) {
      const overrides = balance === undefined ? [] : ['latest', { [call.from]: { balance: toQuantity(balance) } }]
      try {
        const transaction = { ...call, value: toQuantity(value) }
        return quantity(await request('eth_estimateGas', transaction, ...overrides), 'gas estimate')
      } catch (error) {
        const revertData = findRevertData(error)
        if (revertData === undefined) throw error
        return { revertData }
      }
    },
    async revertData({ value = 0n, ...call }, at) {
      try {
        await request('eth_call', { ...call, value: toQuantity(value), gas: toQuantity(call.gas) }, toQuantity(at))
        return undefined
      } catch (error) {
        return findRevertData(error)
      }
    },
  }
}

function traceMethods(request: Request): Pick<L1Client, 'traceTransaction' | 'traceCall' | 'runCode'> {
  return {
    traceTransaction: (transactionHash, config) => request('debug_traceTransaction', transactionHash, config),
    async traceCall(call) {
      try {
        const trace = record(await request('debug_traceCall', call, 'pending', { tracer: 'callTracer' }), 'trace')
        return { ...toFrame(trace), calls: list(trace.calls ?? [], 'calls of a trace').map(toFrame) }
      } catch (error) {
        if (error instanceof RollupError && error.code === 'L1_REFUSED') return undefined
        throw error
      }
    },
    async runCode(account, code, { block, txIndex }) {
      const config = {
        tracer: 'callTracer',
        stateOverrides: { [account]: { code } },
        ...(txIndex === undefined ? {} : { txIndex: toQuantity(txIndex) }),
      }
      const frame = record(await request('debug_traceCall', { to: account }, block, config), 'trace')
      if (frame.error !== undefined) throw bad('trace of a call that cannot fail', { error: String(frame.error) })
      return hex(frame.output ?? '0x', 'output of a call')
    },
  }
}

function toFrame(answer: unknown): Omit<L1CallFrame, 'calls'> {
  const { gasUsed, output, error } = record(answer, 'call of a trace')
  return {
    gasUsed: quantity(gasUsed, 'gas of a trace'),
    output: hex(output ?? '0x', 'output of a trace'),
    ...(typeof error === 'string' ? { error } : {}),
  }
}

function toSentTransaction(answer: unknown): L1SentTransaction {
  const fields = record(answer, 'transaction')
  const isMined = fields.blockHash !== null && fields.blockHash !== undefined
  return {
    from: address(fields.from),
    to: fields.to === null || fields.to === undefined ? undefined : address(fields.to),
    input: hex(fields.input, 'transaction input'),
    type: quantity(fields.type ?? '0x0', 'transaction type'),
    ...(isMined
      ? {
          at: {
            number: quantity(fields.blockNumber, 'block number of a transaction'),
            hash: hash(fields.blockHash, 'block hash of a transaction'),
            index: quantity(fields.transactionIndex, 'transaction index'),
          },
        }
      : {}),
  }
}

function toBlock(answer: unknown): L1Block {
  const fields = record(answer, 'block')
  return {
    number: quantity(fields.number, 'block number'),
    hash: hash(fields.hash, 'block hash'),
    parentHash: hash(fields.parentHash, 'parent hash'),
    timestamp: quantity(fields.timestamp, 'timestamp'),
    baseFeePerGas: fields.baseFeePerGas === undefined ? 0n : quantity(fields.baseFeePerGas, 'base fee'),
    gasLimit: quantity(fields.gasLimit, 'gas limit'),
    fields,
  }
}

/** Nothing for a transaction to somebody else. */
function toCall(answer: unknown, to: Hex): L1Call[] {
  const fields = record(answer, 'transaction')
  if (typeof fields.to !== 'string' || fields.to.toLowerCase() !== to.toLowerCase()) return []
  return [
    {
      hash: hash(fields.hash, 'transaction hash'),
      from: address(fields.from),
      input: hex(fields.input, 'transaction input'),
    },
  ]
}

function toLog(answer: unknown): L1Log {
  const fields = record(answer, 'log')
  if (fields.removed === true) throw new RollupError('L1_CHANGED', 'L1 answered with a removed log')
  return {
    address: address(fields.address),
    topics: list(fields.topics, 'topics').map((topic) => hash(topic, 'topic')),
    data: hex(fields.data, 'log data'),
    blockNumber: quantity(fields.blockNumber, 'log block number'),
    blockHash: hash(fields.blockHash, 'log block hash'),
    transactionHash: hash(fields.transactionHash, 'log transaction hash'),
    logIndex: quantity(fields.logIndex, 'log index'),
  }
}

function toReceipt(answer: unknown, transactionHash: Hex): L1Receipt {
  const fields = record(answer, 'receipt')
  if (hash(fields.transactionHash, 'transaction hash') !== transactionHash) throw bad('receipt', { transactionHash })
  return {
    transactionHash,
    transactionIndex: quantity(fields.transactionIndex, 'transaction index'),
    blockNumber: quantity(fields.blockNumber, 'receipt block number'),
    blockHash: hash(fields.blockHash, 'receipt block hash'),
    succeeded: quantity(fields.status, 'receipt status') === 1n,
    gasUsed: quantity(fields.gasUsed, 'gas used'),
    effectiveGasPrice: quantity(fields.effectiveGasPrice, 'gas price'),
    logs: list(fields.logs, 'logs').map(toLog),
  }
}

/** A log outside what was asked would smuggle records in from another block or another contract. */
function requireInside(log: L1Log, query: L1LogQuery): void {
  const inRange =
    'blockHash' in query
      ? log.blockHash === query.blockHash
      : log.blockNumber >= query.fromBlock && log.blockNumber <= query.toBlock
  if (!inRange) throw bad('log outside the range asked for', { blockNumber: log.blockNumber })
  if (!query.addresses.some((wanted) => wanted.toLowerCase() === log.address)) {
    throw bad('log of another contract', { address: log.address })
  }
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number, method: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new RollupError('L1_UNREACHABLE', `L1 did not answer ${method} within ${timeoutMs} ms`, { method })),
      timeoutMs,
    )
    timer.unref()
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

function toRollupError(method: string, error: unknown): RollupError {
  if (error instanceof RollupError) return error
  const code = rpcErrorCode(error)
  const text = rootMessage(error) ?? String(error)
  if (code === undefined) {
    return new RollupError('L1_UNREACHABLE', `L1 did not answer ${method}: ${text}`, { method }, error)
  }
  return new RollupError('L1_REFUSED', `L1 refused ${method}: ${text}`, { method, code }, error)
}

function* causes(error: unknown): Iterable<Record<string, unknown>> {
  let current: unknown = error
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth++) {
    yield current as Record<string, unknown>
    current = (current as Record<string, unknown>).cause
  }
}

/** A JSON-RPC error carries a small integer code; transport failures do not (viem uses -1 for unknown). */
function rpcErrorCode(error: unknown): number | undefined {
  for (const cause of causes(error)) {
    if (typeof cause.code === 'number' && cause.code !== -1) return cause.code
  }
  return undefined
}

/** What the transport or the node said, without viem's own words around it. */
function rootMessage(error: unknown): string | undefined {
  let message: string | undefined
  for (const cause of causes(error)) if (typeof cause.message === 'string') message = cause.message
  return message?.split('\n')[0]
}

function findRevertData(error: unknown): Hex | undefined {
  for (const cause of causes(error)) {
    if (typeof cause.data === 'string' && isHex(cause.data)) return cause.data
  }
  return undefined
}

function bad(what: string, data: Record<string, unknown> = {}): RollupError {
  return new RollupError('BAD_L1_DATA', `L1 answered with a bad ${what}`, data)
}

function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x([0-9a-fA-F]{2})*$/.test(value)
}

function hex(value: unknown, what: string): Hex {
  if (!isHex(value)) throw bad(what)
  return value.toLowerCase() as Hex
}

function hash(value: unknown, what: string): Hex {
  const bytes = hex(value, what)
  if (bytes.length !== 66) throw bad(what)
  return bytes
}

function address(value: unknown): Hex {
  const bytes = hex(value, 'address')
  if (bytes.length !== 42) throw bad('address')
  return bytes
}

function quantity(value: unknown, what: string): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw bad(what)
  return BigInt(value)
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(what)
  return value as Record<string, unknown>
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(what)
  return value
}

function toQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`
}
