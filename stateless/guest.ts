import { UndecodableInput } from './errors.ts'
import { decodeStatelessInput, encodeResult, undecodableResult } from './ssz.ts'
import type { StatelessInput } from './types.ts'
import { type Verification, type VerifyDeps, verifyStatelessNewPayload } from './verify.ts'

/** What a zkVM guest would answer, with the reason that the 43 bytes do not tell. */
export type GuestRun = { output: Uint8Array } & (
  | { decoded: true; input: StatelessInput; verification: Verification }
  | { decoded: false; reason: UndecodableInput }
)

/**
 * Bytes in, 43 bytes out (EELS stateless_guest.py::run_stateless_guest): the result of the verification, or 43 zero bytes
 * for an input that does not decode. Rejects only for a bug of ours.
 */
export async function runStatelessGuest(bytes: Uint8Array, deps: VerifyDeps): Promise<GuestRun> {
  let input: StatelessInput
  try {
    input = decodeStatelessInput(bytes)
  } catch (error) {
    if (!(error instanceof UndecodableInput)) throw error
    return { decoded: false, output: undecodableResult(), reason: error }
  }
  const verification = await verifyStatelessNewPayload(input, deps)
  return { decoded: true, output: encodeResult(verification.result), input, verification }
}
