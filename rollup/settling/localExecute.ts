import type { Logger } from '../../node/types.ts'
import { executeGas } from '../../precompiles/index.ts'
import type { ExecuteFailure, ExecuteVerdict } from '../../precompiles/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { RollupError } from '../errors.ts'
import type { InputStore } from './inputs.ts'
import type { PackedBlock } from './settlement.ts'

type Hex = `0x${string}`

export type LocalExecuteDeps = {
  inputs: InputStore
  /** EXECUTE as this node knows it */
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
  logger: Logger
}

/** block hashes that passed the local EXECUTE; forgetting them costs a second run */
const MAX_REMEMBERED = 4_096

/**
 * Runs EXECUTE here before L1 is asked to, once for each block; a damaged stored input is recorded again once. The block gets
 * the gas that EXECUTE tells. Throws RollupError NOT_SETTLEABLE.
 */
export function createLocalExecute({
  inputs,
  verify,
  logger,
}: LocalExecuteDeps): (block: PackedBlock) => Promise<void> {
  const verified = new Set<Hex>()
  const run = ({ input, regularGas }: PackedBlock) => verify(input, executeGas(input.length, regularGas))
  return async (block) => {
    if (verified.has(block.hash)) return
    let verdict = await run(block)
    if (!verdict.ok) {
      Object.assign(block, await inputs.regenerate(hexToBytes(block.hash)))
      verdict = await run(block)
    }
    if (!verdict.ok) throw notSettleable(block, verdict.failure, logger)
    block.regularGas = verdict.regularGas
    if (verified.size >= MAX_REMEMBERED) verified.clear()
    verified.add(block.hash)
  }
}

function notSettleable({ number, hash }: PackedBlock, failure: ExecuteFailure, logger: Logger): RollupError {
  const { stage, code, message } = failure
  logger.error('an own block is not settleable', { number, hash, stage, code, message })
  const text = `L2 block ${number} does not pass the local EXECUTE: ${stage} ${code}: ${message}`
  return new RollupError('NOT_SETTLEABLE', text, { number, stage, code })
}
