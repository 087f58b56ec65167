import { createEIP7708TransferLog, type ExecResult } from '@ethereumjs/evm'
import { Address } from '@ethereumjs/util'
import { bytesEqual, EMPTY_BYTES } from '../stateless/bytes.ts'
import type { RunEvm } from './evm.ts'
import { type AccountRecord, EMPTY_CODE_HASH, isEmptyAccount, MAX_UINT256 } from './stateManager.ts'
import type { ChargedTransaction, Machine } from './transactionRun.ts'

/**
 * A transaction to an account without code, as its outermost frame would leave everything: the ether moved, the log of it
 * (EIP-7708), the state gas of a new account (EIP-8037), the touch (EIP-161).
 *
 * Undefined, with nothing changed, when this is no such transaction or anything about it is unusual (somebody watches, a
 * charge that cannot be paid, a balance that overflows): then the EVM decides.
 */
export function transferWithoutCode(
  { evm, state }: Machine,
  { type, sender, to, value }: ChargedTransaction['tx'],
  gasLeft: bigint,
): ExecResult | undefined {
  if (to === undefined || type === 4 || evm.tracing !== undefined || evm.isPrecompile(to)) return undefined
  const payee = state.readAccount(to)
  if (payee !== undefined && !bytesEqual(payee.codeHash, EMPTY_CODE_HASH)) return undefined
  const toSelf = bytesEqual(sender, to)
  const payer = toSelf ? payee : state.readAccount(sender)
  if (payer === undefined || payer.balance < value) return undefined
  const balance = (payee?.balance ?? 0n) + value
  if (!toSelf && balance > MAX_UINT256) return undefined
  const amsterdam = evm.common.isActivatedEIP(8037)
  const spilled = amsterdam && value > 0n ? payForNewAccount(evm, payee, gasLeft) : 0n
  if (spilled === undefined) return undefined
  if (!toSelf && (value > 0n || !amsterdam)) {
    state.writeAccount(sender, { nonce: payer.nonce, balance: payer.balance - value, codeHash: payer.codeHash })
    state.writeAccount(to, { nonce: payee?.nonce ?? 0n, balance, codeHash: EMPTY_CODE_HASH })
    evm.warmth.touch(to)
  }
  const logged = !toSelf && value > 0n && evm.common.isActivatedEIP(7708)
  const logs = logged ? [createEIP7708TransferLog(new Address(sender), new Address(to), value)] : []
  evm.meter.finish(0n)
  return { returnValue: EMPTY_BYTES, executionGasUsed: spilled, logs }
}

/** What of it the reservoir does not hold is taken from the gas; undefined, and nothing taken, when that is not there. */
function payForNewAccount(evm: RunEvm, payee: AccountRecord | undefined, gasLeft: bigint): bigint | undefined {
  if (payee !== undefined && !isEmptyAccount(payee)) return 0n
  const price = evm.common.param('stateBytesPerNewAccount') * evm.common.param('costPerStateByte')
  const spilled = price > evm.stateGasReservoir ? price - evm.stateGasReservoir : 0n
  if (spilled > gasLeft) return undefined
  evm.stateGasReservoir -= price - spilled
  evm.executionStateGasUsed += price
  return spilled
}
