import type { TypedTransaction } from '@ethereumjs/tx'
import { type RunTxResult, runTx, type VM } from '@ethereumjs/vm'
import { EMPTY_BYTES } from '../stateless/bytes.ts'
import { withoutAuthorizations } from './authorizations.ts'
import { runLibrary } from './blockContext.ts'
import { acceptContractSender } from './callState.ts'
import { withoutGasCap } from './callTransaction.ts'
import { MAX_TRANSACTION_REGULAR_GAS } from './internal.ts'
import type { SharedCommon } from './nodeCommon.ts'
import type { ChargedTransaction, Machine, TransactionResult } from './transactionRun.ts'
import { buildTypedTx } from './typedTransactions.ts'

export type LibraryMachine = Machine & { readonly vm: VM }

/** What has been checked before (nonce, block gas), so that both ways to run a transaction take the same ones. */
const CHECKED = { skipHardForkValidation: true, skipNonce: true, skipBlockGasLimitValidation: true }

const ZERO_HASH = new Uint8Array(32)

/** Runs a transaction with the library's `runTx`; comes to what `executeTransaction` comes to. */
export async function executeOnLibrary(
  { vm, evm, state }: LibraryMachine,
  charged: ChargedTransaction,
  common: SharedCommon,
): Promise<TransactionResult> {
  const { tx, block } = charged
  const typed = typedOf(charged, common)
  const delegates = tx.type === 4
  evm.authorize(delegates ? tx : undefined)
  const refuseAgain = tx.impersonated === true ? acceptContractSender(state, tx.sender) : () => {}
  try {
    const libraryTx = delegates ? withoutAuthorizations(typed) : typed
    return resultOf(await runLibrary(state, () => runTx(vm, { tx: libraryTx, block, ...CHECKED })))
  } finally {
    refuseAgain()
  }
}

/**
 * The nonce has been looked at; the library refuses the highest one, which a simulated call may have. So has EIP-7825's cap,
 * which binds no simulated call: under EIP-8037 the library still splits gas there, before it only refuses more.
 */
function typedOf({ tx, regularCap }: ChargedTransaction, common: SharedCommon): TypedTransaction {
  const splits = regularCap === MAX_TRANSACTION_REGULAR_GAS && common.isActivatedEIP(8037)
  const rules = splits ? common : withoutGasCap(common)
  return buildTypedTx({ ...tx, nonce: 0n }, { sender: () => tx.sender, hash: ZERO_HASH, raw: EMPTY_BYTES }, rules)
}

function resultOf(result: RunTxResult): TransactionResult {
  const { execResult, totalGasSpent, blockGasSpent, gasRefund = 0n, txRegularGas, txStateGas, bloom, receipt } = result
  return {
    execResult,
    totalGasSpent,
    blockGasSpent,
    gasRefund,
    ...(txRegularGas === undefined ? {} : { txRegularGas }),
    ...(txStateGas === undefined ? {} : { txStateGas }),
    logsBloom: bloom.bitvector,
    ...('stateRoot' in receipt ? { stateRoot: receipt.stateRoot } : {}),
  }
}
