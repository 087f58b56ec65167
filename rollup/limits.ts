import { TransactionRejected } from '../execution/errors.ts'
import type { BlockAssembly, Transaction, TransactionOutcome } from '../execution/types.ts'
import { calldataLength, MAX_EXECUTION_GAS } from '../precompiles/index.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { lowerBoundGas } from '../stateless/lowerBoundGas.ts'
import type { Recorder } from '../stateless/witness.ts'
import type { SettlementLimits } from './types.ts'

/** README 7: then one block always fits under EIP-7825 and into what standard pools accept. */
export const SETTLEMENT_LIMITS: SettlementLimits = {
  maxRegularGas: 12_000_000n,
  maxCalldataBytes: 120 * 1024,
  maxTransactionGas: MAX_EXECUTION_GAS,
}

/** Regular gas kept free for the four request calls; the inert code takes 88. */
const REQUEST_CALLS_GAS = 1_000n
/** Fixed parts of input and call, the parent header, system contracts in the block access list. */
const FIXED_INPUT_BYTES = 4_096
/** EIP-8037 gas per byte of new state; what is new in state is also in the block access list. */
const STATE_GAS_PER_BYTE = 1_530n
/** A transaction's own entries in the block access list: nonce and balance changes of three accounts. */
const ACCESS_LIST_BYTES = 150

/**
 * The L2 pool's rule on top of its own: no blobs, and nothing that is certain not to fit one settlement. What only
 * execution can tell (state that is read, gas that is used) the builder finds out. Throws TransactionRejected.
 */
export function requireSettleable(tx: Transaction): void {
  const { maxCalldataBytes, maxRegularGas } = SETTLEMENT_LIMITS
  if (tx.type === 3) throw blobsRefused()
  const bytes = calldataLength([{ inputLength: tx.raw.length + FIXED_INPUT_BYTES }])
  if (bytes > maxCalldataBytes) throw unsettleable('input bytes', BigInt(bytes), BigInt(maxCalldataBytes))
  const gas = lowerBoundGas(tx)
  if (gas > maxRegularGas) throw unsettleable('regular gas', gas, maxRegularGas)
}

/**
 * For node/txPool.ts: the rule above, and that claims of a removed block do not come back (the builder makes them anew).
 * Without a relayer, in a follower, nothing comes back. Of `censored` senders (20 bytes each) nothing is taken.
 */
export function createL2PoolRules(
  relayer: `0x${string}` | undefined,
  censored: readonly Uint8Array[] = [],
): {
  accepts(tx: Transaction): void
  returns(tx: Transaction): boolean
} {
  const relayerBytes = relayer === undefined ? undefined : hexToBytes(relayer)
  return {
    accepts(tx) {
      if (censored.some((address) => bytesEqual(address, tx.sender))) throw senderCensored(tx.sender)
      requireSettleable(tx)
    },
    returns: (tx) => relayerBytes !== undefined && !bytesEqual(tx.sender, relayerBytes),
  }
}

function senderCensored(sender: Uint8Array): TransactionRejected {
  const who = `0x${bytesToHex(sender)}`
  const message = `sender censored: this sequencer was started with --censor ${who}; force the transaction on L1 instead`
  return new TransactionRejected('CENSORED', message, { sender: who })
}

/** An L2 has no place for blobs. */
export function blobsRefused(): TransactionRejected {
  const reason = 'an L2 block with blobs could never be settled, since EXECUTE refuses it; put the data into calldata'
  return new TransactionRejected('TYPE_NOT_SUPPORTED', `transaction type not supported: type 3, ${reason}`)
}

export function unsettleable(what: string, have: bigint, limit: bigint): TransactionRejected {
  const message = `unsettleable: the transaction alone needs ${have} ${what}, one settlement carries ${limit}`
  return new TransactionRejected('UNSETTLEABLE', message, { have, limit })
}

/** What is left for the block being built; full when a limit of one settlement is reached. */
export type Room = {
  /** may the transaction join with this outcome? Counts it when so; else `refusal` says why not. */
  take(tx: Transaction, outcome: TransactionOutcome): boolean
  /** the last outcome that did not fit */
  refusal(): { what: string; have: bigint; limit: bigint } | undefined
  /** nothing was tried in vain: what does not fit now does not fit alone either */
  untouched(): boolean
  full(): boolean
}

/** `maxTransactions` shrinks when a sealed block turned out too large. */
export type RoomCaps = { limits: SettlementLimits; maxTransactions: number }

export function createRoom(assembly: BlockAssembly, recorder: Recorder, caps: RoomCaps): Room {
  let bytes = FIXED_INPUT_BYTES
  let refusal: { what: string; have: bigint; limit: bigint } | undefined
  const overflow = (tx: Transaction, outcome: TransactionOutcome) => {
    const { maxRegularGas, maxCalldataBytes } = caps.limits
    const gas = assembly.regularGas + outcome.regularGas + REQUEST_CALLS_GAS
    if (gas > maxRegularGas) return { what: 'regular gas', have: gas, limit: maxRegularGas }
    const inputLength = bytes + transactionBytes(tx, outcome) + recorder.size()
    const calldata = calldataLength([{ inputLength }])
    if (calldata <= maxCalldataBytes) return undefined
    return { what: 'input bytes', have: BigInt(calldata), limit: BigInt(maxCalldataBytes) }
  }
  return {
    take(tx, outcome) {
      const problem = overflow(tx, outcome)
      if (problem !== undefined) {
        refusal = problem
        return false
      }
      bytes += transactionBytes(tx, outcome)
      return true
    },
    refusal: () => refusal,
    untouched: () => refusal === undefined && assembly.transactions.length === 0,
    full: () => refusal !== undefined || assembly.transactions.length >= caps.maxTransactions,
  }
}

function transactionBytes(tx: Transaction, outcome: TransactionOutcome): number {
  return tx.raw.length + Number(outcome.stateGas / STATE_GAS_PER_BYTE) + ACCESS_LIST_BYTES
}
