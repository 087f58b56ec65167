import { type FeeHistory, type FeeHistorySource, feeHistory } from '../../node/fees.ts'
import type { BlockHeader } from '../../stateless/types.ts'
import { isPending, numberOrTag, requireBlock } from '../blockParameter.ts'
import { quantity64 } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { toQuantity } from '../hex.ts'
import { describe, described, list, method, optional, type Parse, required } from '../params.ts'
import { ANY, QUANTITY64 } from '../schema.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'

const MAX_PERCENTILES = 100
const BLOCKS_PER_PAGE = 16
const BLOB_GAS = 131_072

/** eth_feeHistory; `pending` is the newest block that can be asked for (as geth). Blocks beyond the limit, or older than genesis, are left out, as the specification says. */
export function feeHistoryMethods(deps: Pick<EthDeps, 'chain' | 'pending' | 'limits'>): MethodTable {
  const { chain, pending } = deps
  const { maxFeeHistory } = ethLimits(deps)
  return {
    eth_feeHistory: method(
      [
        required('blockCount', blockCount),
        required('newestBlock', numberOrTag),
        optional('rewardPercentiles', percentiles),
      ],
      async ([wanted, newestBlock, rewards]) => {
        const pendingBlock = isPending(newestBlock) ? await pending.get() : undefined
        const newest = (pendingBlock?.block ?? requireBlock(chain, newestBlock)).header.number
        const blockCount = Math.min(Number(wanted), maxFeeHistory, Number(newest) + 1)
        const source: FeeHistorySource = {
          engine: chain.engine,
          getBlockByNumber: (number) =>
            (number === newest ? pendingBlock : undefined) ?? chain.getBlockByNumber(number),
        }
        // The block after the head may have been given a base fee by hand.
        const next = newest === chain.head().header.number ? pending.header().baseFeePerGas : undefined
        return readFeeHistory(source, {
          blockCount,
          newest,
          next,
          // No percentiles are like none asked for (as geth).
          ...(rewards === undefined || rewards.length === 0 ? {} : { percentiles: rewards }),
        })
      },
    ),
  }
}

/** `next`: base fee of the block after the newest, where it does not follow from that block alone. */
type Request = { blockCount: number; newest: bigint; next: bigint | undefined; percentiles?: readonly number[] }

/** Reads blocks page by page, oldest first, and lets others in between. */
async function readFeeHistory(chain: FeeHistorySource, { newest, next, ...request }: Request) {
  const pages: FeeHistory[] = []
  const pause = createPauses()
  for (let left = request.blockCount; left > 0 || pages.length === 0; left -= BLOCKS_PER_PAGE) {
    const after = Math.max(0, left - BLOCKS_PER_PAGE)
    pages.push(feeHistory(chain, { ...request, blockCount: left - after, newest: newest - BigInt(after) }))
    await pause()
  }
  return formatFeeHistory(chain, pages, next)
}

function formatFeeHistory(chain: FeeHistorySource, pages: readonly FeeHistory[], next: bigint | undefined) {
  const headers = pages.flatMap((page) => page.headers)
  // Every page ends with the fee of the block after it, which is the first of the next page.
  const fees = (of: (page: FeeHistory) => readonly bigint[]) =>
    pages.flatMap((page, index) => of(page).slice(0, index === pages.length - 1 ? undefined : -1)).map(toQuantity)
  const baseFees = fees((page) => page.baseFeePerGas)
  if (next !== undefined && baseFees.length > 0) baseFees[baseFees.length - 1] = toQuantity(next)
  const blobRatio = (header: BlockHeader) => {
    const max = chain.engine.rulesAt(header).blobs?.max ?? 0
    return max === 0 ? 0 : Number(header.blobGasUsed ?? 0n) / (max * BLOB_GAS)
  }
  return {
    oldestBlock: toQuantity(pages[0]?.oldestBlock ?? 0n),
    baseFeePerGas: baseFees,
    gasUsedRatio: pages.flatMap((page) => page.gasUsedRatio.map((ratio) => Math.min(1, ratio))),
    baseFeePerBlobGas: fees((page) => page.baseFeePerBlobGas),
    blobGasUsedRatio: headers.map(blobRatio),
    ...(pages[0]?.reward === undefined
      ? {}
      : { reward: pages.flatMap(({ reward }) => reward ?? []).map((tips) => tips.map(toQuantity)) }),
  }
}

/** Hex, or a decimal number or string as some libraries send it (and geth takes it here alone). */
const blockCount: Parse<bigint> = described({ anyOf: [QUANTITY64, { type: 'integer', minimum: 0 }] }, (value, path) =>
  (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) || isDecimal(value)
    ? BigInt(value)
    : quantity64(value, path),
)

const isDecimal = (value: unknown): value is string => typeof value === 'string' && /^[0-9]{1,15}$/.test(value)

const percentile: Parse<number> = described({ type: 'number', minimum: 0, maximum: 100 }, (value, path) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) {
    throw invalidParams(path, `expected a percentile from 0 to 100, got ${describe(value)}`)
  }
  return value
})

const percentileList = list(percentile, MAX_PERCENTILES)

const percentiles: Parse<readonly number[]> = described(percentileList.schema ?? ANY, (value, path) => {
  const values = percentileList(value, path)
  if (values.some((item, index) => item < (values[index - 1] ?? 0))) {
    throw invalidParams(path, 'percentiles must be in ascending order')
  }
  return values
})
