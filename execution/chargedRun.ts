import { executeOnLibrary, type LibraryMachine } from './libraryRun.ts'
import type { SharedCommon } from './nodeCommon.ts'
import { type ChargedTransaction, executeTransaction, type TransactionResult } from './transactionRun.ts'
import type { EnginePaths } from './types.ts'

/** Runs a transaction on the engine's own path or on the library's. */
export function runCharged(
  machine: LibraryMachine & { readonly paths: EnginePaths },
  charged: ChargedTransaction,
  common: SharedCommon,
): Promise<TransactionResult> {
  return machine.paths === 'fast' ? executeTransaction(machine, charged) : executeOnLibrary(machine, charged, common)
}
