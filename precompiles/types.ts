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

/** What judging an input found, before its price: plain data, which may come from another thread. */
export type Finding =
  | { valid: true; output: Uint8Array; regularGas: bigint; executedGas: bigint }
  | { valid: false; failure: ExecuteFailure; executedGas: bigint }

/**
 * Judges an input whose bytes are paid for; its block may spend `budget` of regular gas. `valid` may have spent more all the
 * same. Rejects only for a bug of ours.
 */
export type Judge = (input: Uint8Array, budget: bigint) => Promise<Finding>

/** Cached by input hash; the budget check stays outside. `over` holds the largest budget known not to be enough. */
export type CachedExecution =
  | { kind: 'valid'; regularGas: bigint; output: Uint8Array }
  | { kind: 'invalid'; failure: ExecuteFailure }
  | { kind: 'over'; budget: bigint }

export type ExecutionCache = {
  get(inputHash: Hash32): CachedExecution | undefined
  set(inputHash: Hash32, result: CachedExecution): void
  /** What a run of this input that `begin` was told of will find; never rejects. */
  running(inputHash: Hash32): Promise<CachedExecution | undefined> | undefined
  /** Remembers what a run finds; until it ends, others may wait for it. A run that fails, or finds `undefined`, is forgotten. */
  begin(inputHash: Hash32, run: Promise<CachedExecution | undefined>): void
}
