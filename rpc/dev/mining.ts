import type { SealMode } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'
import { address, hash } from '../codec.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { toData } from '../hex.ts'
import { bool, described, method, type Parse, required, withDefault } from '../params.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import type { DevDeps } from './deps.ts'
import { formatMinedBlock, type MineOptions, mineOptions } from './mineOptions.ts'
import { action, amount256, amountBetween, answering, named } from './values.ts'

/** How this chain makes blocks for a caller: `interval` is the wanted distance in seconds, 0 for none. */
export type Miner = {
  readonly maxBlocks: bigint
  /** why not more, and what to do instead; for the message that refuses a larger number */
  readonly maxBlocksHint: string
  /** a run ends after so long, with an error that says how far it came; default 25,000, less than a call may take */
  readonly maxRunMs?: number
  /** seals block `index` of a run of anvil's or hardhat's; throws when none can be made now */
  mine(style: 'anvil' | 'hardhat', index: bigint, interval: bigint): Promise<Block>
  /** the time of the next block; throws where it cannot be chosen */
  setNextTimestamp(timestamp: bigint): void
}

/** From here on a mining interval is one of milliseconds, as hardhat counts; anvil counts seconds under the same name. */
const MILLISECONDS_FROM = 1_000n
/** the server ends a call after 30 seconds, without a word of the blocks that were made */
const MAX_RUN_MS = 25_000
/** a day; timers do not go beyond 24 of them */
const MAX_INTERVAL_SECONDS = 86_400n

export function miningMethods(deps: DevDeps, miner: Miner): MethodTable {
  const blocks = withDefault('blocks', blockCount(miner), 1n)
  const runs = (style: 'anvil' | 'hardhat', defaultInterval: bigint) =>
    method(
      [blocks, withDefault('interval', amountBetween(0n, 1n << 40n), defaultInterval)],
      ([count, interval], context) => mineMany(miner, { style, count, interval }, context),
    )
  const once = async (options: MineOptions, context: RpcContext): Promise<Block[]> => {
    const { timestamp, blocks: count = 1n } = options
    if (timestamp !== undefined) miner.setNextTimestamp(timestamp)
    return mineMany(miner, { style: 'anvil', count, interval: 0n }, context)
  }
  const options = withDefault('options', mineOptions(blockCount(miner)), {})
  return {
    anvil_mine: answering(null, runs('anvil', 0n)),
    hardhat_mine: answering(true, runs('hardhat', 1n)),
    evm_mine: answering(
      '0x0',
      method([options], ([given], context) => once(given, context)),
    ),
    ...named(
      ['evm_mine_detailed', 'anvil_mine_detailed'],
      method([options], async ([given], context) => {
        const formatted: object[] = []
        for (const block of await once(given, context)) formatted.push(await formatMinedBlock(deps.chain, block))
        return formatted
      }),
    ),
    ...sealModeMethods(deps),
    ...poolMethods(deps),
  }
}

/** A number of blocks that this chain makes in one call. */
function blockCount({ maxBlocks, maxBlocksHint }: Miner): Parse<bigint> {
  return described(amount256.schema ?? {}, (value, path) => {
    const count = amount256(value, path)
    if (count <= maxBlocks) return count
    throw invalidParams(path, `at most ${maxBlocks} blocks can be mined in one call, got ${count}; ${maxBlocksHint}`)
  })
}

/** @throws RpcError TIMEOUT when the time is over before the last block; those that were made stay */
async function mineMany(
  miner: Miner,
  run: { style: 'anvil' | 'hardhat'; count: bigint; interval: bigint },
  { signal }: RpcContext,
): Promise<Block[]> {
  const endsAtMs = performance.now() + (miner.maxRunMs ?? MAX_RUN_MS)
  const mined: Block[] = []
  for (let index = 0n; index < run.count; index++) {
    if (index > 0n && (signal.aborted || performance.now() >= endsAtMs)) {
      const rest = `call again for the other ${run.count - index}`
      throw new RpcError('TIMEOUT', `mined ${index} of ${run.count} blocks in the time of one call; ${rest}`)
    }
    mined.push(await miner.mine(run.style, index, run.interval))
  }
  return mined
}

/** When blocks are made: for every transaction, at an interval, or on request only. */
function sealModeMethods({ sealer }: Pick<DevDeps, 'sealer'>): MethodTable {
  const getAutomine = method([], () => sealer.mode.kind === 'instant')
  const setAutomine = method([required('enabled', bool)], ([enabled]) => {
    if (enabled) sealer.setMode({ kind: 'instant' })
    else if (sealer.mode.kind === 'instant') sealer.setMode({ kind: 'manual' })
  })
  const seconds = method([required('seconds', amountBetween(0n, MAX_INTERVAL_SECONDS))], ([interval]) =>
    sealer.setMode(intervalMode(Number(interval))),
  )
  const either = method([required('interval', amountBetween(0n, MAX_INTERVAL_SECONDS * 1000n))], ([interval]) =>
    sealer.setMode(intervalMode(interval < MILLISECONDS_FROM ? Number(interval) : Number(interval) / 1000)),
  )
  return {
    ...named(['anvil_getAutomine', 'hardhat_getAutomine'], getAutomine),
    ...action('setAutomine', setAutomine),
    evm_setAutomine: answering(true, setAutomine),
    anvil_getIntervalMining: method([], () => (sealer.mode.kind === 'interval' ? sealer.mode.seconds : null)),
    evm_setIntervalMining: answering(true, either),
    anvil_setIntervalMining: answering(null, seconds),
  }
}

/** 0 ends mining by itself, as with anvil. */
function intervalMode(seconds: number): SealMode {
  return seconds === 0 ? { kind: 'manual' } : { kind: 'interval', seconds }
}

function poolMethods({ pool }: Pick<DevDeps, 'pool'>): MethodTable {
  const drop = (wanted: Uint8Array): boolean => {
    const isThere = pool.get(wanted) !== undefined
    pool.drop(wanted, 'dropped on request')
    return isThere
  }
  const dropWhere = async (isWanted: (sender: Uint8Array) => boolean) => {
    const { pending, queued } = pool.content()
    const pause = createPauses()
    for (const tx of [...pending, ...queued]) {
      if (isWanted(tx.sender)) drop(tx.hash)
      const turn = pause()
      if (turn) await turn
    }
  }
  const transaction = required('hash', hash)
  return {
    anvil_dropTransaction: method([transaction], ([wanted]) => (drop(wanted) ? toData(wanted) : null)),
    hardhat_dropTransaction: method([transaction], ([wanted]) => drop(wanted)),
    anvil_dropAllTransactions: answering(
      null,
      method([], () => dropWhere(() => true)),
    ),
    anvil_removePoolTransactions: answering(
      null,
      method([required('address', address)], ([of]) => dropWhere((sender) => Buffer.compare(sender, of) === 0)),
    ),
  }
}
