import { contractError } from '../../rollup/contractErrors.ts'
import type { DeliveryFailure } from '../../rollup/messages/deliverySimulation.ts'
import { toData } from '../hex.ts'
import { revertReason } from '../revertReason.ts'

/** What a revert says: its text, its error when the rollup's contracts have it, else that it is some other one. */
export function reasonOf(output: Uint8Array): string | undefined {
  const data = toData(output)
  const known = revertReason(output) ?? contractError(data)
  return known ?? (output.length >= 4 ? `unknown error ${data.slice(0, 10)}` : undefined)
}

/** The same of a delivery that fails; of one that did not revert, why it halted. */
export function failureReason({ error, output }: DeliveryFailure): string {
  return reasonOf(output) ?? error
}
