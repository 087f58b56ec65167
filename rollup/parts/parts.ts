import type { L2NodeDeps, L2NodeOptions } from '../l2NodeOptions.ts'
import { createRollupReader } from '../reader.ts'
import type { RollupReader } from '../types.ts'
import { type BuildingParts, createBuildingParts } from './buildingParts.ts'
import { createL1Parts, type L1Parts } from './l1Parts.ts'
import { createMessageParts, type MessageParts } from './messageParts.ts'
import { createSequencingParts, type SequencingParts } from './sequencingParts.ts'
import { createSettlingParts, type SettlingParts } from './settlingParts.ts'

export type Parts = L1Parts & SettlingParts & BuildingParts & SequencingParts & MessageParts & { reader: RollupReader }

/** Makes the parts of an L2 node, each group from those before it. None of them runs. */
export function createParts(options: L2NodeOptions, deps: L2NodeDeps): Parts {
  const onL1 = createL1Parts(options, deps)
  const settling = createSettlingParts(options, { ...deps, ...onL1 })
  const building = createBuildingParts(options, { ...deps, ...onL1 })
  const sequencing = createSequencingParts(options, { ...deps, ...onL1, ...settling, ...building })
  const messages = createMessageParts(options, { ...deps, ...onL1, ...settling, ...building, ...sequencing })
  const parts = { ...onL1, ...settling, ...building, ...sequencing, ...messages }
  return { ...parts, reader: readerOf(options, { ...deps, ...parts }) }
}

function readerOf(
  { gasSchedule, l1BlockTime = 0 }: L2NodeOptions,
  { chain, ...parts }: Pick<L2NodeDeps, 'chain'> & Omit<Parts, 'reader'>,
): RollupReader {
  const { watcher, l1, outbox, crossOutbox, finality, derivation, sequencer, settler, sealer } = parts
  return createRollupReader(
    { gasSchedule, l1BlockTime, sealMode: () => sealer.mode },
    {
      chain,
      view: watcher,
      l1,
      outbox,
      crossOutbox,
      finality,
      derivation,
      sequencer: sequencer.status,
      settler: settler.status,
    },
  )
}
