import type { CallRequest, Transaction, UnsignedTransaction } from '../../execution/types.ts'
import type { PendingBlocks } from '../../node/pendingBlock.ts'
import type { Chain, Clock, TxPool } from '../../node/types.ts'
import type { Hash32 } from '../../stateless/types.ts'
import type { Signature } from './unsignedTransaction.ts'

/** What the eth_ methods of one chain work on. */
export type EthDeps = {
  chain: Chain
  pool: TxPool
  clock: Clock
  /** the block that would be sealed now */
  pending: PendingBlocks
  limits?: Partial<EthLimits>
  /** how long filters have been idle; default: the time of this process, since `clock` travels on a devnet */
  idleClock?: Clock
  /** a block is made for every transaction: then a send is answered when its block is there; default: never */
  sealsInstantly?: () => boolean
  /** debug_setHead, on a devnet's L1 only: makes a canonical block the head again, between two seals */
  rewind?: (hash: Hash32) => Promise<void>
  /** keys of public test accounts, on a devnet only; default: the node holds none */
  signer?: Signer
  /** senders that a devnet's L1 sends for without a signature; default: none */
  impersonation?: Impersonation
  /**
   * A further condition on every call and transaction that is asked for: on L2 no blobs, and once its cost is estimated,
   * that one settlement can carry it. Throws TransactionRejected.
   */
  checkRequest?: (request: CallRequest, estimate?: { gas: bigint; regularGas: bigint }) => void
}

export type Signer = {
  /** 20 bytes each */
  readonly addresses: readonly Uint8Array[]
  /** signs a 32-byte digest with the key of one of the addresses */
  sign(address: Uint8Array, digest: Hash32): Promise<Signature>
  /** EIP-712: 65 bytes r, s, v. Throws RpcError INVALID_PARAMS for data that is no typed data. */
  signTypedData(address: Uint8Array, typedData: object): Promise<Uint8Array>
}

export type Impersonation = {
  /** may transactions be sent in the name of this address? */
  has(address: Uint8Array): boolean
  /** 20 bytes each */
  addresses(): readonly Uint8Array[]
  /** puts the transaction into the pool as its sender's own; throws TransactionRejected */
  send(tx: UnsignedTransaction): Promise<Transaction>
}

/** Bounds of single methods. */
export const DEFAULT_ETH_LIMITS = {
  /** most gas that eth_call may use */
  callGasCap: 100_000_000n,
  /** most gas that all calls of one eth_simulateV1 may use together; geth's default */
  simulationGasCap: 50_000_000n,
  /** JSON of blocks that is kept for the next who asks; as much again for receipts */
  preparedBytes: 4 * 1024 * 1024,
  /** logs in one answer */
  maxLogs: 20_000,
  /** open filters of all callers together */
  maxFilters: 1_000,
  /** a filter that nobody asks for so long is forgotten */
  filterIdleMs: 300_000,
  /** what filters of one kind keep together, in bytes: who is furthest behind is forgotten */
  filterBytes: 64 * 1024 * 1024,
  /** what one answer to a poll holds, about; the rest comes with the next */
  filterAnswerBytes: 16 * 1024 * 1024,
  /** blocks in one eth_feeHistory answer */
  maxFeeHistory: 1_024,
  /** storage keys in one eth_getProof */
  maxProofKeys: 1_024,
  /** storage slots in one eth_getStorageValues */
  maxStorageSlots: 1_024,
  /** longest wait of eth_sendRawTransactionSync */
  maxReceiptWaitMs: 20_000,
} as const

export type EthLimits = {
  readonly [Name in keyof typeof DEFAULT_ETH_LIMITS]: (typeof DEFAULT_ETH_LIMITS)[Name] extends bigint ? bigint : number
}

export function ethLimits({ limits }: Pick<EthDeps, 'limits'>): EthLimits {
  return { ...DEFAULT_ETH_LIMITS, ...limits }
}
