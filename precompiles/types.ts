import type { Hash32 } from '../stateless/types.ts'
import type { VerifyPhase } from '../stateless/verify.ts'

/**
 * How EXECUTE charges. `metered` is Reenact's answer to the open question of EIP-8079 (docs/spec-gaps.md); the two
 * others are for study: `gas-limit` as ethrex charges, `gas-used` as l2beat's text does.
 */
export type GasSchedule = 'metered' | 'gas-limit' | 'gas-used'

/** Parts of an EXECUTE call, in their order: charging for the input and taking it over, reading and judging it, validating. */
export type ExecutePhase = 'input' | 'decode' | 'constraints' | 'bounds' | VerifyPhase

/** Why EXECUTE refused, for logs, `reenact verify --execute` and rollup_execute. Never visible to the EVM. */
export type ExecuteFailure = {
  stage: 'gas' | 'decode' | 'constraints' | 'bounds' | 'validation' | 'metering'
  /** the code of the NodeError behind it, or of an L2 constraint */
  code: string
  message: string
  data: Readonly<Record<string, unknown>>
}

export type ExecuteVerdict =
  | { ok: true; output: Uint8Array; gasUsed: bigint; regularGas: bigint; executedGas: bigint }
  | { ok: false; failure: ExecuteFailure; executedGas: bigint }

/** Cached by input hash; the budget check stays outside. `over` holds the largest budget known not to be enough. */
export type CachedExecution =
  | { kind: 'valid'; regularGas: bigint; output: Uint8Array }
  | { kind: 'invalid'; failure: ExecuteFailure }
  | { kind: 'over'; budget: bigint }

export type ExecutionCache = {
  get(inputHash: Hash32): CachedExecution | undefined
  set(inputHash: Hash32, result: CachedExecution): void
}
