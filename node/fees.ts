import type { Receipt, Transaction } from '../execution/types.ts'
import type { BlockHeader } from '../stateless/types.ts'
import type { Chain, StoredBlock } from './types.ts'

/** wei per gas at most: `gasPrice` of types 0 and 1. */
export function feeCapOf(tx: Pick<Transaction, 'gasPrice' | 'maxFeePerGas'>): bigint {
  return tx.maxFeePerGas ?? tx.gasPrice ?? 0n
}

/** wei per gas for the block's maker at most: `gasPrice` of types 0 and 1. */
export function tipCapOf(tx: Pick<Transaction, 'gasPrice' | 'maxPriorityFeePerGas'>): bigint {
  return tx.maxPriorityFeePerGas ?? tx.gasPrice ?? 0n
}

/** What the block's maker would get per gas; negative when the fee cap is under the base fee (EIP-1559). */
export function effectiveTip(tx: Transaction, baseFeePerGas: bigint | undefined): bigint {
  const room = feeCapOf(tx) - (baseFeePerGas ?? 0n)
  const tip = tipCapOf(tx)
  return room < tip ? room : tip
}

const SUGGESTION_BLOCKS = 20n
const SUGGESTION_PERCENTILE = 60
const SMALLEST_SAMPLES_PER_BLOCK = 3
const GWEI = 1_000_000_000n
const MAX_SUGGESTED_TIP = 500n * GWEI
/** Tips under this say nothing about the market (geth's default ignore price). */
const IGNORED_TIP = 2n

/**
 * A tip that recent blocks accepted, in wei: the 60th percentile of the three lowest tips of each of the last 20 blocks
 * (geth eth/gasprice); 1 gwei when they say nothing, never above 500 gwei.
 */
export function suggestTip(chain: Chain): bigint {
  const head = chain.head().header.number
  const samples: bigint[] = []
  for (let back = 0n; back < SUGGESTION_BLOCKS && back <= head; back += 1n) {
    const stored = chain.getBlockByNumber(head - back)
    if (stored !== undefined) samples.push(...lowestTips(stored))
  }
  samples.sort(ascending)
  const tip = samples[Math.floor(((samples.length - 1) * SUGGESTION_PERCENTILE) / 100)] ?? GWEI
  return tip < MAX_SUGGESTED_TIP ? tip : MAX_SUGGESTED_TIP
}

function lowestTips({ block, receipts }: StoredBlock): bigint[] {
  return receipts
    .map((receipt) => tipOf(receipt, block.header))
    .filter((tip) => tip >= IGNORED_TIP)
    .sort(ascending)
    .slice(0, SMALLEST_SAMPLES_PER_BLOCK)
}

export type FeeHistory = {
  oldestBlock: bigint
  /** one more than blocks: the last is that of the block after the newest */
  baseFeePerGas: readonly bigint[]
  gasUsedRatio: readonly number[]
  baseFeePerBlobGas: readonly bigint[]
  /** blob gas used of each block; the ratio needs the fork's maximum, which only the caller knows */
  blobGasUsed: readonly bigint[]
  headers: readonly BlockHeader[]
  /** per block, one tip per percentile, weighted by gas; absent when no percentiles were asked for */
  reward?: readonly (readonly bigint[])[]
}

/** Blocks by number; a pending one may stand behind the head. */
export type FeeHistorySource = Pick<Chain, 'engine' | 'getBlockByNumber'>

/** The data of eth_feeHistory for `blockCount` blocks up to `newest`, as many as exist. `newest` must be canonical. */
export function feeHistory(
  chain: FeeHistorySource,
  request: { blockCount: number; newest: bigint; percentiles?: readonly number[] },
): FeeHistory {
  const blocks = lastBlocks(chain, request.blockCount, request.newest)
  const headers = blocks.map(({ block }) => block.header)
  const newest = headers.at(-1)
  const { engine } = chain
  const { percentiles } = request
  const next = newest === undefined ? undefined : engine.nextBaseFee(newest, newest.timestamp + 1n)
  return {
    oldestBlock: headers[0]?.number ?? request.newest,
    baseFeePerGas: [...headers.map((header) => header.baseFeePerGas ?? 0n), ...(newest ? [next ?? 0n] : [])],
    gasUsedRatio: headers.map(({ gasUsed, gasLimit }) => (gasLimit === 0n ? 0 : Number(gasUsed) / Number(gasLimit))),
    baseFeePerBlobGas: blobBaseFees(chain, headers),
    blobGasUsed: headers.map((header) => header.blobGasUsed ?? 0n),
    headers,
    ...(percentiles === undefined ? {} : { reward: blocks.map((stored) => tipPercentiles(stored, percentiles)) }),
  }
}

function lastBlocks(chain: FeeHistorySource, blockCount: number, newest: bigint): StoredBlock[] {
  const blocks: StoredBlock[] = []
  for (let number = newest; blocks.length < blockCount && number >= 0n; number -= 1n) {
    const stored = chain.getBlockByNumber(number)
    if (stored === undefined) break
    blocks.unshift(stored)
  }
  return blocks
}

function blobBaseFees({ engine }: FeeHistorySource, headers: readonly BlockHeader[]): bigint[] {
  const fees = headers.map((header) => engine.blobBaseFee(header) ?? 0n)
  const newest = headers.at(-1)
  if (newest === undefined) return fees
  const timestamp = newest.timestamp + 1n
  const excessBlobGas = engine.nextExcessBlobGas(newest, timestamp)
  if (excessBlobGas === undefined) return [...fees, 0n]
  const next = { ...newest, number: newest.number + 1n, timestamp, excessBlobGas }
  return [...fees, engine.blobBaseFee(next) ?? 0n]
}

/** The tip at which the block's gas, ordered by tip, passes each percentile of its total (geth). */
function tipPercentiles({ block, receipts }: StoredBlock, percentiles: readonly number[]): bigint[] {
  const paid = receipts.map((receipt) => ({ tip: tipOf(receipt, block.header), gas: Number(receipt.gasUsed) }))
  paid.sort((a, b) => ascending(a.tip, b.tip))
  const total = paid.reduce((sum, { gas }) => sum + gas, 0)
  return percentiles.map((percentile) => {
    const threshold = Math.floor((total * percentile) / 100)
    let passed = 0
    for (const { tip, gas } of paid) {
      passed += gas
      if (passed >= threshold) return tip
    }
    return paid.at(-1)?.tip ?? 0n
  })
}

function tipOf(receipt: Receipt, header: BlockHeader): bigint {
  return receipt.effectiveGasPrice - (header.baseFeePerGas ?? 0n)
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
