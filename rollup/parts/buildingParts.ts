import { LRUCache } from 'lru-cache'
import type { Transaction } from '../../execution/types.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { type Claims, createClaims } from '../claims.ts'
import { coinbaseOf } from '../coinbase.ts'
import { createForcedTransactions, type ForcedTransactions } from '../forcedTransactions.ts'
import { createL2Builder, type L2Builder } from '../l2Builder.ts'
import type { L2NodeDeps, L2NodeOptions } from '../l2NodeOptions.ts'
import { SETTLEMENT_LIMITS } from '../limits.ts'
import { NO_KEYS } from '../noKeys.ts'
import { createReplayQueue, type ReplayQueue } from '../replay.ts'
import type { L1Parts } from './l1Parts.ts'

/** What goes into a block. */
export type BuildingParts = {
  claims: Claims
  forced: ForcedTransactions
  replay: ReplayQueue
  builder: L2Builder
  /** 20 bytes; of the next block */
  coinbase: { current: Uint8Array }
  /** the node's own transactions, which it makes anew */
  isOwn(tx: Transaction): boolean
  /** why the builder left a transaction out, if it did lately */
  leftOut(hash: Uint8Array): string | undefined
}

export type BuildingPartsOptions = Pick<L2NodeOptions, 'deployment' | 'limits' | 'relayerIsUser' | 'censored'>
export type BuildingPartsDeps = Pick<L2NodeDeps, 'chain' | 'pool' | 'accounts' | 'onLeftOut' | 'clock' | 'logger'> &
  Pick<L1Parts, 'l1' | 'watcher' | 'inbox'>

/** Transactions of removed blocks that no block takes any more, of which the reason is remembered. */
const MAX_LEFT_OUT = 1_000

export function createBuildingParts(options: BuildingPartsOptions, deps: BuildingPartsDeps): BuildingParts {
  const { deployment, limits = SETTLEMENT_LIMITS } = options
  const { chain, pool, logger } = deps
  const relayer = deps.accounts?.relayer ?? NO_KEYS
  const relayerBytes = hexToBytes(relayer.address)
  const isOwn = (tx: Transaction) => options.relayerIsUser !== true && bytesEqual(tx.sender, relayerBytes)
  const coinbase = { current: coinbaseOf(deployment, relayer) }
  const replay = createReplayQueue(chain, logger.child('rebuild'))
  const forced = forcedFor(options, deps)
  const claims = claimsFor(deps)
  const leftOut = new LRUCache<string, string>({ max: MAX_LEFT_OUT })
  const builder = createL2Builder(
    { gasLimit: BigInt(deployment.l2GasLimit), coinbase: () => coinbase.current, limits },
    {
      chain,
      pool,
      claims,
      replay,
      forced,
      isOwn,
      onLeftOut(tx, reason) {
        leftOut.set(bytesToHex(tx.hash), reason)
        deps.onLeftOut?.(tx, reason)
      },
      logger: logger.child('builder'),
    },
  )
  return { claims, forced, replay, builder, coinbase, isOwn, leftOut: (hash) => leftOut.get(bytesToHex(hash)) }
}

function forcedFor(
  { censored = [] }: BuildingPartsOptions,
  { chain, watcher, clock, logger }: BuildingPartsDeps,
): ForcedTransactions {
  return createForcedTransactions({
    chain,
    view: watcher,
    isCensored: (sender) => censored.some((address) => bytesEqual(address, sender)),
    clock,
    logger: logger.child('forced'),
  })
}

function claimsFor({ chain, watcher, inbox, l1, accounts, clock, logger }: BuildingPartsDeps): Claims {
  return createClaims({
    view: watcher,
    inbox,
    l1,
    engine: chain.engine,
    relayer: accounts?.relayer ?? NO_KEYS,
    onMismatch: watcher.distrust,
    clock,
    logger: logger.child('claims'),
  })
}
