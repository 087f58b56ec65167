import { EMPTY_CODE_HASH } from '../stateless/account.ts'
import { bigintToMinimalBytes, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { NodeError } from '../stateless/errors.ts'
import { EMPTY_OMMERS_HASH, hashHeader } from '../stateless/header.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { requestsHash } from '../stateless/payload.ts'
import { createStateView } from '../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import type { Block, BlockHeader, StateChanges, StateCommit } from '../stateless/types.ts'
import type { GenesisJson } from './genesisJson.ts'

/** A genesis file that cannot make a block: `data.path` says where. */
export class InvalidGenesis extends NodeError<'BAD_QUANTITY' | 'BAD_BYTES' | 'BAD_ADDRESS' | 'BAD_OBJECT'> {}

export type Genesis = { block: Block; changes: StateChanges; commit: StateCommit }

/** of a 256-bit number in decimal */
const MAX_DIGITS = 78
const EMPTY_REQUESTS_HASH = requestsHash([])
const EMPTY_BLOCK_ACCESS_LIST_HASH = keccak256(Uint8Array.of(0xc0))

/**
 * The genesis block and state of a geth-format genesis file.
 *
 * Header fields that a fork adds are present exactly when the fork is active at the genesis timestamp, with geth's
 * defaults: base fee 1 gwei, no blobs, zero beacon root, the hash of no requests, the hash of an empty access list,
 * slot 0 (geth core/genesis.go; EIP-7685, EIP-7928 and EIP-7843 for the last three).
 *
 * @throws InvalidGenesis naming the field
 */
export function genesisBlock(
  genesis: GenesisJson,
  rules: { hasEip(eip: number, at: { number: bigint; timestamp: bigint }): boolean },
): Genesis {
  const changes = allocChanges(genesis)
  const emptyState = createStateView({ getNode: () => undefined, getCode: () => undefined }, EMPTY_TRIE_ROOT)
  const commit = emptyState.commit(changes)
  const at = { number: 0n, timestamp: quantity(genesis.timestamp, 'timestamp') }
  const has = (eip: number) => rules.hasEip(eip, at)
  const header: BlockHeader = {
    parentHash: bytes(genesis.parentHash ?? `0x${'00'.repeat(32)}`, 32, 'parentHash'),
    ommersHash: EMPTY_OMMERS_HASH,
    coinbase: bytes(genesis.coinbase ?? `0x${'00'.repeat(20)}`, 20, 'coinbase'),
    stateRoot: commit.root,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: new Uint8Array(256),
    difficulty: genesisDifficulty(genesis),
    number: quantity(genesis.number ?? '0x0', 'number'),
    gasLimit: quantity(genesis.gasLimit, 'gasLimit'),
    gasUsed: quantity(genesis.gasUsed ?? '0x0', 'gasUsed'),
    timestamp: at.timestamp,
    extraData: bytes(genesis.extraData ?? '0x', undefined, 'extraData'),
    prevRandao: bytes(genesis.mixHash ?? `0x${'00'.repeat(32)}`, 32, 'mixHash'),
    nonce: bigEndian(quantity(genesis.nonce ?? '0x0', 'nonce'), 8, 'nonce'),
    ...(has(1559) ? { baseFeePerGas: quantity(genesis.baseFeePerGas ?? '0x3b9aca00', 'baseFeePerGas') } : {}),
    ...(has(4895) ? { withdrawalsRoot: EMPTY_TRIE_ROOT } : {}),
    ...(has(4844)
      ? {
          blobGasUsed: quantity(genesis.blobGasUsed ?? '0x0', 'blobGasUsed'),
          excessBlobGas: quantity(genesis.excessBlobGas ?? '0x0', 'excessBlobGas'),
          parentBeaconBlockRoot: bytes(
            genesis.parentBeaconBlockRoot ?? `0x${'00'.repeat(32)}`,
            32,
            'parentBeaconBlockRoot',
          ),
        }
      : {}),
    ...(has(7685) ? { requestsHash: EMPTY_REQUESTS_HASH } : {}),
    ...(has(7928) ? { blockAccessListHash: EMPTY_BLOCK_ACCESS_LIST_HASH } : {}),
    ...(has(7843) ? { slotNumber: quantity(genesis.slotNumber ?? '0x0', 'slotNumber') } : {}),
  }
  const block: Block = {
    hash: hashHeader(header),
    header,
    transactions: [],
    ommers: [],
    ...(has(4895) ? { withdrawals: [] } : {}),
  }
  return { block, changes, commit }
}

/** Of the genesis block; 0 when the file names none. Throws InvalidGenesis. */
export function genesisDifficulty({ difficulty }: Pick<GenesisJson, 'difficulty'>): bigint {
  return quantity(difficulty ?? '0x0', 'difficulty')
}

function allocChanges(genesis: GenesisJson): StateChanges {
  const accounts = new Map<string, { nonce: bigint; balance: bigint; codeHash: Uint8Array }>()
  const storage = new Map<string, Map<string, Uint8Array>>()
  const codes = new Map<string, Uint8Array>()
  requireObject(genesis.alloc, 'alloc')
  for (const [key, account] of Object.entries(genesis.alloc)) {
    requireObject(account, `alloc.${key}`)
    const address = key.toLowerCase().replace(/^0x/, '')
    const path = `alloc.${key}`
    if (!/^[0-9a-f]{40}$/.test(address)) {
      throw new InvalidGenesis('BAD_ADDRESS', `genesis: ${path} is not a 20-byte address`, { path })
    }
    const code = bytes(account.code ?? '0x', undefined, `${path}.code`)
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256(code)
    if (code.length > 0) codes.set(bytesToHex(codeHash), code)
    accounts.set(address, {
      nonce: quantity(account.nonce ?? '0x0', `${path}.nonce`),
      balance: quantity(account.balance, `${path}.balance`),
      codeHash,
    })
    const slots = new Map<string, Uint8Array>()
    for (const [slot, value] of Object.entries(account.storage ?? {})) {
      const minimal = bigintToMinimalBytes(storageWord(value, `${path}.storage.${slot}`))
      if (minimal.length === 0) continue
      slots.set(bytesToHex(bigEndian(storageWord(slot, `${path}.storage`), 32, `${path}.storage`)), minimal)
    }
    if (slots.size > 0) storage.set(address, slots)
  }
  return { accounts, storage, clearedStorage: new Set(), codes }
}

/** Accepts `0x` hex with or without leading zeros, decimal strings and JSON numbers, as geth's files contain them. */
function quantity(value: unknown, path: string): bigint {
  if (value === undefined || value === null) throw new InvalidGenesis('BAD_QUANTITY', `genesis: no ${path}`, { path })
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  if (typeof value === 'string' && value.length <= MAX_DIGITS) {
    if (value === '' || /^0[xX]$/.test(value)) return 0n
    if (/^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(value)) return BigInt(value.toLowerCase())
  }
  throw new InvalidGenesis('BAD_QUANTITY', `genesis: ${path} is not a quantity: ${shown(value)}`, { path })
}

/** A storage slot or its value: always hex, with 0x or without, shorter than 32 bytes when it has leading zeros. */
function storageWord(value: unknown, path: string): bigint {
  const digits = typeof value === 'string' ? /^(?:0[xX])?([0-9a-fA-F]{0,64})$/.exec(value)?.[1] : undefined
  if (digits !== undefined) return BigInt(`0x${digits || '0'}`)
  throw new InvalidGenesis('BAD_BYTES', `genesis: ${path} is not a word of hex digits: ${shown(value)}`, { path })
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80)
}

function requireObject(value: unknown, path: string): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new InvalidGenesis('BAD_OBJECT', `genesis: ${path} is not an object: ${shown(value)}`, { path })
}

function bytes(value: unknown, length: number | undefined, path: string): Uint8Array {
  if (typeof value === 'string' && /^(0[xX]([0-9a-fA-F]{2})*)?$/.test(value)) {
    const decoded = hexToBytes(value.slice(2))
    if (length === undefined || decoded.length === length) return decoded
  }
  const wanted = length === undefined ? 'hex bytes' : `${length} hex bytes`
  throw new InvalidGenesis('BAD_BYTES', `genesis: ${path} is not ${wanted}: ${shown(value)}`, {
    path,
  })
}

function bigEndian(value: bigint, length: number, path: string): Uint8Array {
  const hex = value.toString(16).padStart(length * 2, '0')
  if (hex.length > length * 2) {
    throw new InvalidGenesis('BAD_QUANTITY', `genesis: ${path} does not fit ${length} bytes`, { path })
  }
  return hexToBytes(hex)
}
