import { decodeFunctionData, encodeEventTopics, hexToBytes } from 'viem'
import { nativeRollup } from '../genesis/generated/NativeRollup.ts'
import { EXECUTE_ADDRESS } from '../precompiles/address.ts'
import { shareGas, upfrontGas } from '../precompiles/index.ts'
import { decodeStatelessInput } from '../stateless/ssz.ts'
import { ask, askMany } from './ask.ts'
import { LoadError } from './errors.ts'
import type { Receipt } from './sender.ts'
import type { Hex, InputParts, SettledRow, SettlementRow, Target } from './types.ts'

type Log = { transactionHash: Hex; blockNumber: Hex }
type Frame = { to?: Hex; gasUsed: Hex; calls?: readonly Frame[] }

export type Settlements = { transactions: SettlementRow[]; blocks: SettledRow[] }

const LOG_RANGE = 1_000
/** EIP-2028 */
const ZERO_BYTE_GAS = 4
const NONZERO_BYTE_GAS = 16

/**
 * Everything that was settled in these L1 blocks, or the settlement of one L2 block there, as L1 tells it: the inputs are in
 * the calldata, what EXECUTE took in the trace. The L2 node is not asked.
 */
export async function settlementsIn(target: Target, from: number, to: number, l2Block?: number): Promise<Settlements> {
  const all: Settlements = { transactions: [], blocks: [] }
  for (const hash of await settlingTransactions(target, from, to, l2Block)) {
    const { transaction, blocks } = await settlementOf(target, hash)
    all.transactions.push(transaction)
    all.blocks.push(...blocks)
  }
  return all
}

/** In the order of L1. */
async function settlingTransactions(target: Target, from: number, to: number, l2Block?: number): Promise<Hex[]> {
  const args = l2Block === undefined ? {} : { number: BigInt(l2Block) }
  const topics = encodeEventTopics({ abi: nativeRollup.abi, eventName: 'BlockAdvanced', args })
  const hashes = new Set<Hex>()
  for (let start = from; start <= to; start += LOG_RANGE) {
    const range = { fromBlock: quantity(start), toBlock: quantity(Math.min(to, start + LOG_RANGE - 1)) }
    const filter = { address: target.contracts.l1.rollup, topics, ...range }
    for (const log of await ask<Log[]>(target.l1.url, 'eth_getLogs', [filter])) hashes.add(log.transactionHash)
  }
  return [...hashes]
}

async function settlementOf({ l1 }: Target, hash: Hex): Promise<{ transaction: SettlementRow; blocks: SettledRow[] }> {
  const [{ input }, receipt, trace] = await Promise.all([
    ask<{ input: Hex }>(l1.url, 'eth_getTransactionByHash', [hash]),
    ask<Receipt>(l1.url, 'eth_getTransactionReceipt', [hash]),
    ask<Frame>(l1.url, 'debug_traceTransaction', [hash, { tracer: 'callTracer' }]),
  ])
  const inputs = inputsOf(input)
  const prices = executeFrames(trace).map(({ gasUsed }) => Number(gasUsed))
  if (inputs.length === 0 || inputs.length !== prices.length) {
    const found = `${inputs.length} inputs and ${prices.length} EXECUTE calls`
    throw new LoadError('NOT_SETTLED', `settlement ${hash} has ${found}; was it sent through another contract?`)
  }
  const gasUsed = Number(receipt.gasUsed)
  const executeGas = prices.reduce((sum, price) => sum + price, 0)
  const l1Block = Number(receipt.blockNumber)
  const calldata = hexToBytes(input)
  const rows = inputs.map((bytes, index) => rowOf(bytes, prices[index] ?? 0))
  return {
    transaction: {
      l1TxHash: hash,
      l1Block,
      l2Blocks: inputs.length,
      gasUsed,
      executeGas,
      calldataGas: calldataGas(calldata),
      calldataBytes: calldata.length,
    },
    blocks: withShares(rows, gasUsed).map((row) => ({ ...row, l1Block, l1TxHash: hash })),
  }
}

type Row = Omit<SettledRow, 'l1Block' | 'l1TxHash' | 'l1Gas'> & { zeroBytes: number }

/** Each with its part of the gas of the whole. */
function withShares(rows: readonly Row[], gasUsed: number): Omit<SettledRow, 'l1Block' | 'l1TxHash'>[] {
  const sizes = rows.map(({ regularGas, bytes, zeroBytes }) => ({
    regularGas: BigInt(regularGas),
    inputBytes: bytes.input,
    zeroBytes,
  }))
  const shares = shareGas(BigInt(gasUsed), sizes)
  if (shares === undefined) throw new LoadError('NOT_SETTLED', 'L1 charges EXECUTE by another gas schedule')
  return rows.map(({ zeroBytes: _, ...row }, index) => ({ ...row, l1Gas: Number(shares[index]?.used) }))
}

/** The StatelessInputs that a call of NativeRollup carries. */
function inputsOf(calldata: Hex): Uint8Array[] {
  const { functionName, args } = decodeFunctionData({ abi: nativeRollup.abi, data: calldata })
  if (functionName === 'advance' || functionName === 'advanceWithForced') return [hexToBytes(args[0])]
  return functionName === 'advanceBatch' ? args[0].map((input) => hexToBytes(input)) : []
}

/** Calls of EXECUTE in the order in which they ran. */
function executeFrames(frame: Frame): Frame[] {
  if (frame.to?.toLowerCase() === EXECUTE_ADDRESS) return [frame]
  return (frame.calls ?? []).flatMap(executeFrames)
}

function rowOf(bytes: Uint8Array, executeGas: number): Row {
  const { newPayloadRequest, witness } = decodeStatelessInput(bytes)
  const { executionPayload: payload } = newPayloadRequest
  const parts: InputParts = {
    input: bytes.length,
    witnessState: lengthOf(witness.state),
    witnessCodes: lengthOf(witness.codes),
    witnessHeaders: lengthOf(witness.headers),
    transactions: lengthOf(payload.transactions),
    accessList: payload.blockAccessList.length,
  }
  return {
    l2Block: Number(payload.blockNumber),
    transactions: payload.transactions.length,
    l2Gas: Number(payload.gasUsed),
    regularGas: executeGas - Number(upfrontGas(bytes.length)),
    executeGas,
    bytes: parts,
    zeroBytes: zeroBytesOf(bytes),
  }
}

const lengthOf = (items: readonly Uint8Array[]): number => items.reduce((sum, { length }) => sum + length, 0)

const zeroBytesOf = (bytes: Uint8Array): number => bytes.reduce((count, byte) => (byte === 0 ? count + 1 : count), 0)

function calldataGas(bytes: Uint8Array): number {
  const zeros = zeroBytesOf(bytes)
  return ZERO_BYTE_GAS * zeros + NONZERO_BYTE_GAS * (bytes.length - zeros)
}

export const quantity = (value: number): Hex => `0x${value.toString(16)}`

/** Headers of these blocks, in order. */
export async function headersIn(
  url: string,
  from: number,
  to: number,
): Promise<{ number: number; gasUsed: number; gasLimit: number; transactions: number }[]> {
  const numbers = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => [quantity(from + index), false])
  const blocks = await askMany<{ number: Hex; gasUsed: Hex; gasLimit: Hex; transactions: Hex[] }>(
    url,
    'eth_getBlockByNumber',
    numbers,
  )
  return blocks.map(({ number, gasUsed, gasLimit, transactions }) => ({
    number: Number(number),
    gasUsed: Number(gasUsed),
    gasLimit: Number(gasLimit),
    transactions: transactions.length,
  }))
}
