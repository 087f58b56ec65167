import { type BlockRun, createBlockRun } from '../../execution/blockRun.ts'
import type { TransactionRejected } from '../../execution/errors.ts'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import { requireTransactionRules } from '../../execution/transactionRules.ts'
import type { EnginePaths, Transaction, TransactionOutcome } from '../../execution/types.ts'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../../stateless/bytes.ts'
import { hashHeader } from '../../stateless/header.ts'
import type { Authorization } from '../../stateless/transactionFields.ts'
import { createFixture, ETHER } from './callSupport.ts'
import { accounts } from './devChain.ts'

/** 20-byte hex without a prefix, as everything in here. */
export const SENDER = (accounts[0]?.address ?? '').slice(2).toLowerCase()
export const COINBASE = 'c0'.repeat(20)
export const CONTRACT = 'c1'.repeat(20)
export const NOBODY = 'dead'.repeat(10)
export const EMPTY_ACCOUNT = 'e0'.repeat(20)

export const BASE_FEE = 10n
/** what the sender has */
export const FUNDS = 1000n * ETHER
/** EIP-7825 */
export const CAP = 2n ** 24n
export const BLOB = `01${'b1'.repeat(31)}`

/** What a rule comes to does not depend on the engine. */
export const ENGINES: readonly EnginePaths[] = ['fast', 'reference']

/** For `alloc`: this code at `CONTRACT`. */
export const contract = (code: string, storage: Record<string, string> = {}) => ({
  [CONTRACT]: { nonce: '0x1' as const, code: `0x${code}` as const, storage },
})

/** Byte fields as hex; the rest as in a transaction. Defaults: type 2 (0 before London), at the base fee, no tip. */
export type Fields = {
  type?: Transaction['type']
  nonce?: bigint
  gas?: bigint
  /** null: a creation */
  to?: string | null
  value?: bigint
  data?: string
  gasPrice?: bigint
  feeCap?: bigint
  tip?: bigint
  blobFeeCap?: bigint
  blobHashes?: readonly string[]
  accessList?: readonly (readonly [address: string, ...slots: number[]])[]
  authorizations?: readonly Authorization[]
}

export type RuleBlockOptions = {
  alloc?: Record<string, Partial<GenesisAccount>>
  /** of the sender; `FUNDS` without it */
  balance?: bigint
  nonce?: bigint
  gasLimit?: bigint
  baseFee?: bigint
  excessBlobGas?: bigint
  coinbase?: string
  paths?: EnginePaths
}

/** A block of a fork to which transactions are added, each by all rules that hold for it. */
export type RuleBlock = {
  readonly run: BlockRun
  /** Throws TransactionRejected. */
  add(fields?: Fields): Promise<TransactionOutcome>
  /** the code of the rule that `add` breaks, 'accepted' when it breaks none */
  verdict(fields?: Fields): Promise<string>
  balance(address: string): bigint | undefined
  nonce(address: string): bigint | undefined
  code(address: string): string
  slot(address: string, slot: number): bigint
}

/** `last`: the newest fork, by its key in a genesis; `none` for Frontier. */
export async function openRuleBlock(last: string, options: RuleBlockOptions = {}): Promise<RuleBlock> {
  const { balance = FUNDS, nonce = 0n, gasLimit = 60_000_000n, baseFee = BASE_FEE } = options
  const alloc = {
    [SENDER]: { balance: hexOf(balance), nonce: hexOf(nonce), ...options.alloc?.[SENDER] },
    ...Object.fromEntries(Object.entries(options.alloc ?? {}).filter(([key]) => key !== SENDER)),
  }
  const prefixed = Object.fromEntries(Object.entries(alloc).map(([key, account]) => [`0x${key}`, account]))
  const { spec, context } = await createFixture(last, prefixed)
  const parent = context.header
  const header = {
    ...parent,
    parentHash: hashHeader(parent),
    number: 1n,
    timestamp: parent.timestamp + 12n,
    gasLimit,
    coinbase: hexToBytes(options.coinbase ?? COINBASE),
    ...(parent.baseFeePerGas === undefined ? {} : { baseFeePerGas: baseFee }),
    ...(parent.excessBlobGas === undefined ? {} : { excessBlobGas: options.excessBlobGas ?? 0n }),
  }
  const { state, blockHash } = context
  const run = await createBlockRun({ spec, header, state, blockHash, paths: options.paths })
  return ruleBlock(run)
}

function ruleBlock(run: BlockRun): RuleBlock {
  const { state, shared, header } = run.context
  const account = (address: string) => state.peekAccount(hexToBytes(address))
  const newest = header.baseFeePerGas === undefined ? 0 : 2
  async function add(fields: Fields = {}): Promise<TransactionOutcome> {
    const tx = transactionOf(fields, newest, account(SENDER)?.nonce ?? 0n, shared.chainId())
    requireTransactionRules(tx, shared, () => {})
    const outcome = await run.runTransaction(tx)
    if (outcome === undefined) throw new Error('nobody refuses here')
    return outcome
  }
  return {
    run,
    add,
    verdict: (fields) =>
      add(fields).then(
        () => 'accepted',
        (error: TransactionRejected) => error.code ?? String(error),
      ),
    balance: (address) => account(address)?.balance,
    nonce: (address) => account(address)?.nonce,
    code: (address) => bytesToHex(state.codeByHash(account(address)?.codeHash ?? EMPTY_CODE)),
    slot: (address, slot) => BigInt(`0x0${bytesToHex(state.peekStorage(hexToBytes(address), word(slot)))}`),
  }
}

const EMPTY_CODE = hexToBytes('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')

function transactionOf(fields: Fields, newest: Transaction['type'], nonce: bigint, chainId: bigint): Transaction {
  const { type = newest, to = NOBODY, feeCap = BASE_FEE, tip = 0n, accessList = [], blobFeeCap = 1n } = fields
  return {
    type,
    nonce: fields.nonce ?? nonce,
    gasLimit: fields.gas ?? 1_000_000n,
    sender: hexToBytes(SENDER),
    ...(to === null ? {} : { to: hexToBytes(to) }),
    value: fields.value ?? 0n,
    data: hexToBytes(fields.data ?? ''),
    ...(type === 0 ? {} : { chainId, accessList: accessList.map(listed) }),
    ...(type < 2 ? { gasPrice: fields.gasPrice ?? BASE_FEE } : { maxFeePerGas: feeCap, maxPriorityFeePerGas: tip }),
    ...(type === 3
      ? { maxFeePerBlobGas: blobFeeCap, blobVersionedHashes: (fields.blobHashes ?? [BLOB]).map(hexToBytes) }
      : {}),
    ...(type === 4 ? { authorizationList: fields.authorizations ?? [] } : {}),
    raw: EMPTY_BYTES,
    hash: new Uint8Array(32),
    v: 0n,
    r: 1n,
    s: 1n,
  }
}

function listed([address, ...slots]: readonly [string, ...number[]]) {
  return { address: hexToBytes(address), storageKeys: slots.map(word) }
}

const hexOf = (value: bigint) => `0x${value.toString(16)}` as const
const word = (value: number) => hexToBytes(value.toString(16).padStart(64, '0'))

/** An authorization that this dev account signed. */
export async function authorize(
  index: number,
  { to, nonce = 0, chainId = 18079 }: { to: string; nonce?: number; chainId?: number },
): Promise<Authorization> {
  const signed = await accounts[index]?.signAuthorization({ contractAddress: `0x${to}`, chainId, nonce })
  if (signed === undefined) throw new Error('no such account')
  return {
    chainId: BigInt(signed.chainId),
    address: hexToBytes(signed.address),
    nonce: BigInt(signed.nonce),
    yParity: signed.yParity ?? 0,
    r: BigInt(signed.r),
    s: BigInt(signed.s),
  }
}
