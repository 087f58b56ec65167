import type { PrecompileFunc } from '@ethereumjs/evm'
import { bytesToHex } from '../stateless/bytes.ts'
import { OverrideRejected } from './errors.ts'
import type { AccountOverride } from './types.ts'

/**
 * The precompiles that run under these overrides, by address; undefined when the usual ones do. An overridden precompile
 * is gone from its own address, moved or not, so that its account is an ordinary one (geth internal/ethapi/override). Of
 * two that move to one address the later one runs there.
 *
 * Which addresses a transaction finds warm does not change.
 * @throws OverrideRejected
 */
export function movePrecompiles(
  active: ReadonlyMap<string, PrecompileFunc>,
  overrides: ReadonlyMap<string, AccountOverride>,
): Map<string, PrecompileFunc> | undefined {
  const moved = new Map(active)
  let changed = false
  for (const [address, { movePrecompileTo }] of overrides) {
    const precompile = active.get(address)
    if (movePrecompileTo !== undefined) {
      if (precompile === undefined) {
        throw new OverrideRejected('NOT_A_PRECOMPILE', `account 0x${address} is not a precompile`)
      }
      const target = bytesToHex(movePrecompileTo)
      if (overrides.has(target)) {
        throw new OverrideRejected('MOVE_TO_OVERRIDDEN_ACCOUNT', `account 0x${target} is already overridden`)
      }
      moved.set(target, precompile)
    }
    if (precompile === undefined) continue
    moved.delete(address)
    changed = true
  }
  return changed ? moved : undefined
}
