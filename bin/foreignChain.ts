import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { genesisDifficulty } from '../execution/genesisBlock.ts'
import type { GenesisJson } from '../execution/genesisJson.ts'
import { REQUEST_ADDRESSES } from '../genesis/systemContracts.ts'
import { findMergeBlock } from '../node/importChain.ts'
import type { Chain } from '../node/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { readJsonFile, UsageError } from './options.ts'

/**
 * A genesis that says at which total difficulty proof of stake begins, and not at which block: the chain file tells, and
 * when it ends before, that block has not come yet.
 *
 * @throws ChainError BAD_CHAIN_FILE, InvalidBlock, InvalidGenesis
 */
export function withMergeBlock(genesis: GenesisJson, chainFile: Uint8Array | undefined): GenesisJson {
  const { terminalTotalDifficulty, mergeNetsplitBlock } = genesis.config
  if (chainFile === undefined || terminalTotalDifficulty === undefined || mergeNetsplitBlock != null) return genesis
  const difficulty = genesisDifficulty(genesis)
  const terminal = toBigint(terminalTotalDifficulty)
  // What is not a number is named by whoever reads the whole configuration.
  if (terminal === undefined || terminal <= difficulty) return genesis
  const merge = findMergeBlock(chainFile, difficulty, terminal) ?? BigInt(Number.MAX_SAFE_INTEGER)
  return { ...genesis, config: { ...genesis.config, mergeNetsplitBlock: Number(merge) } }
}

function toBigint(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? BigInt(value) : undefined
  return typeof value === 'string' && /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(value) ? BigInt(value) : undefined
}

/**
 * Contracts that the next block must call after its transactions and that have no code, which makes every block invalid
 * (EIP-7002, EIP-7251, EIP-8282): nothing can be mined on such a chain. Hand-written genesis files tend to lack them.
 */
export function missingRequestContracts(chain: Chain): string[] {
  const { header } = chain.head()
  const next = { number: header.number + 1n, timestamp: header.timestamp + 1n }
  const state = chain.stateAt(header.stateRoot)
  const called = [...chain.engine.rulesAt(next).systemContracts.values()].map((address) => `0x${bytesToHex(address)}`)
  return REQUEST_ADDRESSES.map((address) => address.toLowerCase()).filter((address) => {
    const account = state.getAccount(hexToBytes(address))
    return called.includes(address) && (account === undefined || state.getCode(account.codeHash).length === 0)
  })
}

/** A geth-format genesis file, checked for the parts without which nothing works. */
export function readGenesisFile(path: string): GenesisJson {
  return requireGenesis(readJsonFile(path), path)
}

/** `name` says in messages what is no genesis. Throws UsageError BAD_FILE. */
export function requireGenesis(json: unknown, name: string): GenesisJson {
  const isObject = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const bad = (what: string) => new UsageError('BAD_FILE', `${name} is not a genesis file: ${what}`)
  if (!isObject(json)) throw bad('not a JSON object')
  const genesis = json as Partial<GenesisJson>
  for (const key of ['config', 'alloc'] as const) if (!isObject(genesis[key])) throw bad(`no ${key}`)
  if (genesis.gasLimit == null) throw bad('no gasLimit')
  return { ...genesis, timestamp: genesis.timestamp ?? '0x0' } as GenesisJson
}

/** A file of RLP blocks, compressed by gzip or not. */
export function readChainFile(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path)
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
  } catch (error) {
    throw new UsageError('BAD_FILE', `cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}
