import type { Common } from '@ethereumjs/common'
import type { TypedTransaction } from '@ethereumjs/tx'
import { Account, Address } from '@ethereumjs/util'
import { bigintToMinimalBytes, concatBytes, EMPTY_BYTES, isZeroBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Authorization } from '../stateless/transactionFields.ts'
import { authorityOf } from './authorities.ts'
import { isDelegation } from './delegation.ts'
import type { YieldClock } from './eventLoop.ts'
import type { RunEvm } from './evm.ts'
import { assert } from './internal.ts'
import type { JournaledState } from './stateManager.ts'
import type { Transaction } from './types.ts'

const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00)

/** What matters of a type 4 transaction here. */
export type Delegating = Pick<Transaction, 'sender' | 'to' | 'value' | 'authorizationList'>

/** What applying the list used of the transaction's gas, and what it gives back at its end (before EIP-8037). */
export type AppliedAuthorizations = { gasLeft: bigint; refund: bigint; outOfGas: boolean }

/** Charges that are made once per authority (EIP-8037, EIP-8038). */
type Charged = {
  writes: Set<string>
  accounts: Set<string>
  indicators: Set<string>
  delegatedBefore: Map<string, boolean>
}

/**
 * Sets the delegations of a type 4 transaction (EIP-7702, EELS vm/eoa_delegation.py::set_delegation), charging what
 * EIP-8037 makes payable here. An invalid authorization is skipped.
 *
 * This is the library's processAuthorizationList with our signature recovery: its own takes over a millisecond for each
 * authorization, for 7,816 gas. Out of gas: the caller rolls everything back.
 */
export async function applyAuthorizations(
  evm: RunEvm,
  state: JournaledState,
  tx: Delegating,
  gasLimit: bigint,
  clock: YieldClock,
): Promise<AppliedAuthorizations> {
  const paid = [tx.sender, ...(tx.to !== undefined && tx.value > 0n ? [tx.to] : [])]
  const charged: Charged = {
    writes: new Set(paid.map((address) => new Address(address).toString())),
    accounts: new Set(),
    indicators: new Set(),
    delegatedBefore: new Map(),
  }
  let gasLeft = gasLimit
  let refund = 0n
  for (const item of tx.authorizationList ?? []) {
    if (clock.dueNow()) await clock.pause()
    const applied = await applyOne(evm, state, item, charged, gasLeft)
    if (applied.outOfGas) return applied
    gasLeft = applied.gasLeft
    refund += applied.refund
  }
  return { gasLeft, refund, outOfGas: false }
}

async function applyOne(
  evm: RunEvm,
  state: JournaledState,
  item: Authorization,
  charged: Charged,
  gasLimit: bigint,
): Promise<AppliedAuthorizations> {
  const { common } = evm
  const skipped = { gasLeft: gasLimit, refund: 0n, outOfGas: false }
  const authority = recoverAuthority(item, common)
  if (authority === undefined) return skipped
  const key = authority.toString()
  const existing = await state.getAccount(authority)
  const account = existing ?? new Account()
  evm.journal.addAlwaysWarmAddress(key)
  const code = await state.getCode(authority)
  if (code.length > 0 && !isDelegation(code)) return skipped
  if (account.nonce !== item.nonce) return skipped
  const clears = isZeroBytes(item.address)
  const charge = chargeFor(evm, { key, exists: existing !== undefined, clears, delegated: code.length > 0 }, charged)
  const gasLeft = charge(gasLimit)
  if (gasLeft === undefined) return { ...skipped, outOfGas: true }
  account.nonce++
  await evm.journal.putAccount(authority, account)
  const next = clears ? EMPTY_BYTES : concatBytes([DELEGATION_PREFIX, item.address])
  await state.putCode(authority, next)
  const refund = existing !== undefined && !common.isActivatedEIP(8037) ? existingAccountRefund(common) : 0n
  return { gasLeft, refund, outOfGas: false }
}

/** The signer, when chain id, nonce and signature may be used at all. */
function recoverAuthority(item: Authorization, common: Common): Address | undefined {
  const { ecrecover } = common.customCrypto
  assert(ecrecover !== undefined, 'signature recovery is always given')
  const authority = authorityOf(item, common.chainId(), {
    recoverSender(hash, { r, s, yParity }) {
      try {
        return keccak256(ecrecover(hash, BigInt(yParity), bigintToMinimalBytes(r), bigintToMinimalBytes(s))).slice(12)
      } catch {
        return undefined // no key belongs to this signature
      }
    },
  })
  return authority === undefined ? undefined : new Address(authority)
}

/** Who signed the authorizations of a transaction, as far as a signer can be told. */
export function authoritiesOf({ authorizationList = [] }: Pick<Transaction, 'authorizationList'>, common: Common) {
  return authorizationList.flatMap((item) => recoverAuthority(item, common)?.bytes ?? [])
}

/** EIP-7702 before EIP-8037: the intrinsic gas took every authority for a new account. */
function existingAccountRefund(common: Common): bigint {
  return common.param('perEmptyAccountCost') - common.param('perAuthBaseGas')
}

type Subject = { key: string; exists: boolean; clears: boolean; delegated: boolean }

/**
 * EIP-8037 and EIP-8038: one account write per authority that nothing else paid for, state gas for a new account and for
 * a first delegation indicator, from the reservoir first. Gives the gas left, or undefined when it does not suffice.
 */
function chargeFor(evm: RunEvm, subject: Subject, charged: Charged): (gasLimit: bigint) => bigint | undefined {
  const { common } = evm
  return (gasLimit) => {
    if (!common.isActivatedEIP(8037)) return gasLimit
    const { key } = subject
    if (!charged.delegatedBefore.has(key)) charged.delegatedBefore.set(key, subject.delegated)
    let gasLeft = gasLimit
    if (!charged.writes.has(key)) {
      const write = common.param('accountWriteGas')
      if (gasLeft < write) return undefined
      gasLeft -= write
      charged.writes.add(key)
    }
    return chargeStateGas(evm, stateBytes(subject, charged, common) * common.param('costPerStateByte'), gasLeft)
  }
}

function stateBytes({ key, exists, clears, delegated }: Subject, charged: Charged, common: Common): bigint {
  let bytes = 0n
  if (!exists && !charged.accounts.has(key)) {
    bytes += common.param('stateBytesPerNewAccount')
    charged.accounts.add(key)
  }
  const before = charged.delegatedBefore.get(key) ?? false
  if (!clears && !delegated && !before && !charged.indicators.has(key)) {
    bytes += common.param('stateBytesPerAuthBase')
    charged.indicators.add(key)
  }
  return bytes
}

function chargeStateGas(evm: RunEvm, amount: bigint, gasLeft: bigint): bigint | undefined {
  const fromReservoir = amount < evm.stateGasReservoir ? amount : evm.stateGasReservoir
  const rest = amount - fromReservoir
  if (rest > gasLeft) return undefined
  evm.stateGasReservoir -= fromReservoir
  evm.executionStateGasUsed += amount
  return gasLeft - rest
}

/** The transaction as `runTx` gets it when the EVM applies the authorizations itself: same gas, empty list. */
export function withoutAuthorizations(typed: TypedTransaction): TypedTransaction {
  const intrinsicGas = typed.getIntrinsicGas()
  return Object.create(typed, {
    authorizationList: { value: [] },
    getIntrinsicGas: { value: () => intrinsicGas },
  }) as TypedTransaction
}
