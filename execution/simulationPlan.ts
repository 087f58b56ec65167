import type { BlockHeader } from '../stateless/types.ts'
import { SimulationRejected } from './errors.ts'
import type { SimulationBlock } from './types.ts'

/** A block that is to be simulated, its place in the chain decided. */
export type PlannedBlock = SimulationBlock & { readonly number: bigint; readonly timestamp: bigint }

/** How far above its base a simulation may reach (geth internal/ethapi/simulate.go). */
export const MAX_SIMULATED_BLOCKS = 256n

/** Seconds between blocks whose time nobody gives. */
const BLOCK_SECONDS = 12n
const MAX_TIMESTAMP = (1n << 64n) - 1n

/**
 * Numbers and timestamps of the blocks, both rising; what nobody gives goes up by one and by twelve seconds. A gap in the
 * numbers is filled with empty blocks.
 *
 * @throws SimulationRejected SIMULATED_BLOCK_NUMBER, SIMULATED_BLOCK_TIMESTAMP, SIMULATION_TOO_LARGE
 */
export function planSimulation(
  base: Pick<BlockHeader, 'number' | 'timestamp'>,
  blocks: readonly SimulationBlock[],
): PlannedBlock[] {
  const planned: PlannedBlock[] = []
  let last: Pick<BlockHeader, 'number' | 'timestamp'> = base
  const add = (block: SimulationBlock, timestamp = last.timestamp + BLOCK_SECONDS) => {
    requireTimestamp(timestamp, last.timestamp)
    last = { number: last.number + 1n, timestamp }
    planned.push({ ...block, ...last })
  }
  for (const block of blocks) {
    const number = block.blockOverride?.number ?? last.number + 1n
    requireNumber(number, last.number, base.number)
    while (last.number + 1n < number) add({ calls: [] })
    add(block, block.blockOverride?.timestamp)
  }
  return planned
}

function requireNumber(number: bigint, last: bigint, base: bigint): void {
  if (number <= last) {
    throw new SimulationRejected('SIMULATED_BLOCK_NUMBER', `block numbers must be in order: ${number} <= ${last}`, {
      number,
      last,
    })
  }
  if (number - base <= MAX_SIMULATED_BLOCKS) return
  throw new SimulationRejected(
    'SIMULATION_TOO_LARGE',
    `too many blocks: ${number - base}, at most ${MAX_SIMULATED_BLOCKS} are simulated`,
    { blocks: number - base, limit: MAX_SIMULATED_BLOCKS },
  )
}

function requireTimestamp(timestamp: bigint, last: bigint): void {
  const order = timestamp <= last ? `${timestamp} <= ${last}` : `${timestamp} > ${MAX_TIMESTAMP}`
  if (timestamp > last && timestamp <= MAX_TIMESTAMP) return
  throw new SimulationRejected('SIMULATED_BLOCK_TIMESTAMP', `block timestamps must be in order: ${order}`, {
    timestamp,
    last,
  })
}
