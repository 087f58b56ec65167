import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { GenesisAccount } from '../../../execution/genesisJson.ts'
import type { Transaction } from '../../../execution/types.ts'
import { accounts, CHAIN_ID, type DevChain } from '../devChain.ts'
import type { Random } from '../programs.ts'
import { createRandomChain, WIDE_WORLD } from '../randomBlocks.ts'
import { CONTRACTS, contractAlloc } from './contracts.ts'
import type { Fork } from './forks.ts'

export type Hex = `0x${string}`

/** Accounts that send all they have, in one go. */
export const SPENDERS = Array.from({ length: 6 }, (_, i) =>
  privateKeyToAccount(`0x${(0x1000 + i).toString(16).padStart(64, '0')}`),
)

/** An account with a key and with code that is no delegation. */
export const CODED = privateKeyToAccount(`0x${'c0de'.padStart(64, '0')}`)

const WORLD = { ...WIDE_WORLD, others: [...WIDE_WORLD.others, ...Object.values(CONTRACTS)] }

/** Six random contracts, those of contracts.ts, the dev accounts, spenders and CODED. */
export function createScenery(seed: number, { config, compile }: Fork): Promise<DevChain> {
  const ether = { balance: '0xde0b6b3a7640000' }
  const alloc: Record<string, GenesisAccount> = contractAlloc(compile)
  for (const { address } of SPENDERS) alloc[address] = ether
  alloc[CODED.address] = { ...ether, code: '0x00' }
  return createRandomChain(seed, WORLD, config, { alloc, compile })
}

/** Picks in turn, so that everything comes up as often as everything else; each `name` has its own turns. */
export type Turn = <T>(name: string, items: readonly T[]) => T

/** What a transaction is drawn from. */
export type Scene = {
  readonly random: Random
  readonly fork: Fork
  /** of the dev accounts, by index */
  readonly nonces: readonly number[]
  turn: Turn
  balanceOf(address: string): Promise<bigint>
  /** in this chain's block */
  decode(raw: string): Transaction
  minimumGas(tx: Transaction): bigint
}

/** A transaction to offer to the builders. */
export type Offer = {
  raw: Hex
  /** what it is counted as */
  kind: string
  /** the rule that must reject it, where there is only one it can break */
  rejection?: string
  /** the account whose last wei it spends */
  spender?: string
}

export type Fields = {
  to?: Hex
  gas?: bigint
  value?: bigint
  data?: Hex
  nonce?: number
  chainId?: number
  maxFeePerGas?: bigint
  maxPriorityFeePerGas?: bigint
}

export const FEES = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }

export type Sender = { account: PrivateKeyAccount; nonce: number }

/** One of the dev accounts. */
export function anySender({ random, nonces }: Scene): Sender {
  const index = random.below(accounts.length)
  const account = accounts[index]
  if (account === undefined) throw new Error('no such account')
  return { account, nonce: nonces[index] ?? 0 }
}

/** Type 2. */
export function signPlain({ account, nonce }: Sender, fields: Fields): Promise<Hex> {
  return account.signTransaction({ type: 'eip1559', chainId: CHAIN_ID, nonce, gas: 1_000_000n, ...FEES, ...fields })
}

export type BlobFields = Fields & { blobs?: number; maxFeePerBlobGas?: bigint }

/** Type 3, without its blobs, as a block has it. */
export function signBlobs({ account, nonce }: Sender, { blobs = 1, ...fields }: BlobFields): Promise<Hex> {
  const hash: Hex = `0x01${'b1'.repeat(31)}`
  return account.signTransaction({
    type: 'eip4844',
    chainId: CHAIN_ID,
    nonce,
    gas: 1_000_000n,
    ...FEES,
    maxFeePerBlobGas: 1_000_000_000n,
    to: account.address,
    blobVersionedHashes: Array.from({ length: blobs }, () => hash),
    ...fields,
  })
}

export const words = (...values: (bigint | number | string)[]): Hex =>
  `0x${values.map((value) => (typeof value === 'string' ? value : value.toString(16)).padStart(64, '0')).join('')}`

export const at = (name: keyof typeof CONTRACTS): Hex => `0x${CONTRACTS[name]}`
