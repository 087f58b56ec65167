import type { SettlementFault } from '../control/brokenBlocks.ts'
import { clearRecord, type MetaStore, readRecord, writeRecord } from '../json.ts'
import type { Fees } from './settlement.ts'

type Hex = `0x${string}`

/** The settler's transaction in flight; durable, so that a restart neither sends twice nor waits for nothing. */
export type InFlight = Fees & {
  nonce: bigint
  /** every version that was sent with this nonce, newest last */
  versions: Version[]
  sentAtMs: number
  sentAtL1Block: bigint
  gas: bigint
}

/**
 * `posted`: no settlement of this node's making; `fault`: one that is broken on purpose. Whatever becomes of either is as it
 * should be.
 */
export type Version = { txHash: Hex; blocks: { number: bigint; hash: Hex }[]; posted?: true; fault?: SettlementFault }

export type InFlightStore = {
  read(): InFlight | undefined
  write(inFlight: InFlight): Promise<void>
  clear(): Promise<void>
  /** the newest block in it, if there is one */
  newestBlock(): bigint | undefined
  /** gives the function that brings back what is in flight now */
  remember(): () => Promise<void>
}

const KEY = 'settler/inFlight'

export function createInFlightStore(meta: MetaStore): InFlightStore {
  const read = () => readRecord<InFlight>(meta, KEY)
  return {
    read,
    write: (inFlight) => writeRecord(meta, KEY, inFlight),
    clear: () => clearRecord(meta, KEY),
    newestBlock: () =>
      read()
        ?.versions.flatMap(({ blocks }) => blocks.map(({ number }) => number))
        .reduce<bigint | undefined>(later, undefined),
    remember() {
      const bytes = meta.getMeta(KEY) ?? new Uint8Array(0)
      return () => meta.putMeta(KEY, bytes)
    },
  }
}

function later(latest: bigint | undefined, number: bigint): bigint {
  return latest === undefined || number > latest ? number : latest
}
