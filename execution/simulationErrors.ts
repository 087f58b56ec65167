import { SimulationRejected, type SimulationRejectedCode, TransactionRejected } from './errors.ts'

/** The rules of a transaction that eth_simulateV1 has error codes of its own for (execution-apis src/eth/execute.yaml). */
const CODES: Readonly<Partial<Record<string, SimulationRejectedCode>>> = {
  NONCE_TOO_LOW: 'SIMULATED_NONCE_TOO_LOW',
  NONCE_TOO_HIGH: 'SIMULATED_NONCE_TOO_HIGH',
  FEE_CAP_TOO_LOW: 'SIMULATED_FEE_CAP_TOO_LOW',
  TIP_ABOVE_FEE_CAP: 'SIMULATED_TIP_ABOVE_FEE_CAP',
  INTRINSIC_GAS_TOO_LOW: 'SIMULATED_GAS_TOO_LOW',
  FLOOR_DATA_GAS_TOO_LOW: 'SIMULATED_GAS_TOO_LOW',
  INSUFFICIENT_FUNDS: 'SIMULATED_FUNDS_TOO_LOW',
  BLOCK_GAS_EXHAUSTED: 'SIMULATED_BLOCK_GAS_LIMIT',
  INITCODE_TOO_LARGE: 'SIMULATED_INITCODE_TOO_LARGE',
}

/** A refused call ends the whole simulation; anything else stays what it is. `gas` is what the call was given. */
export function simulationRejected(error: unknown, gas: bigint): unknown {
  if (!(error instanceof TransactionRejected)) return error
  const code = CODES[error.code] ?? 'SIMULATED_TRANSACTION_INVALID'
  return new SimulationRejected(code, `err: ${error.message} (supplied gas ${gas})`, error.data, error)
}
