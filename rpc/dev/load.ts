import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { AccountOverride } from '../../execution/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { address, data, storageKey } from '../codec.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { describe, method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { L1DevDeps } from './deps.ts'
import { documentMembers, isNull, type Member, members, parseScalar } from './jsonScan.ts'
import { amount64, amount256, named } from './values.ts'

const MAX_STATE_BYTES = 32 * 1024 * 1024
const GZIP_MAGIC = [0x1f, 0x8b]
const decompress = promisify(gunzip)

/**
 * Takes over the accounts of a dump of this node or of anvil: balance, nonce, code and the slots that it names. Accounts
 * and slots that it does not name stay. Everything is checked before anything is changed.
 */
export function loadMethods({ edits, keptAccounts }: Pick<L1DevDeps, 'edits' | 'keptAccounts'>): MethodTable {
  const kept = new Set(keptAccounts.map(bytesToHex))
  const load = method([required('state', data)], async ([state], { signal }) => {
    const changes = await readState(await unpack(state), signal)
    for (const key of kept) changes.delete(key)
    await edits.apply(changes, signal)
    return true
  })
  return named(['anvil_loadState', 'hardhat_loadState'], load)
}

/** gzipped, or as it is. */
async function unpack(state: Uint8Array): Promise<Uint8Array> {
  if (GZIP_MAGIC.some((byte, index) => state[index] !== byte)) return requireSize(state)
  try {
    return await decompress(state, { maxOutputLength: MAX_STATE_BYTES })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw invalidParams('argument 0 (state)', `not gzip: ${code ?? 'damaged'}`)
  }
}

function requireSize(state: Uint8Array): Uint8Array {
  if (state.length > MAX_STATE_BYTES) throw tooLarge()
  return state
}

const tooLarge = () => new RpcError('LIMIT_EXCEEDED', `the state is larger than ${MAX_STATE_BYTES} bytes of JSON`)

async function readState(json: Uint8Array, signal: AbortSignal): Promise<Map<string, AccountOverride>> {
  try {
    let accounts: Member | undefined
    for await (const found of documentMembers(json)) if (found.key === 'accounts') accounts = found
    if (accounts === undefined) throw invalidParams('argument 0 (state)', 'it has no accounts')
    const changes = new Map<string, AccountOverride>()
    for await (const account of members(json, accounts.from)) {
      signal.throwIfAborted()
      const path = `argument 0 (state).accounts[${describe(account.key)}]`
      changes.set(bytesToHex(address(account.key, path)), await readAccount(json, account, path))
    }
    return changes
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidParams('argument 0 (state)', `not JSON: ${error.message}`)
    throw error
  }
}

async function readAccount(json: Uint8Array, account: Member, path: string): Promise<AccountOverride> {
  const fields = new Map<string, Member>()
  for await (const field of members(json, account.from)) if (!isNull(json, field)) fields.set(field.key, field)
  const value = <Value>(name: string, parse: (value: unknown, path: string) => Value): { [key: string]: Value } => {
    const field = fields.get(name)
    return field === undefined ? {} : { [name]: parse(scalar(json, field, `${path}.${name}`), `${path}.${name}`) }
  }
  const storage = fields.get('storage')
  return {
    ...value('nonce', amount64),
    ...value('balance', amount256),
    ...value('code', data),
    ...(storage === undefined ? {} : { stateDiff: await readSlots(json, storage, `${path}.storage`) }),
  }
}

async function readSlots(json: Uint8Array, storage: Member, path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const slots = new Map<string, Uint8Array>()
  for await (const slot of members(json, storage.from)) {
    const key = bytesToHex(storageKey(slot.key, `${path} slot ${describe(slot.key)}`).key)
    slots.set(key, storageKey(scalar(json, slot, `${path}.${slot.key}`), `${path}.${slot.key}`).key)
  }
  return slots
}

/** A nonce of more than 53 bits is no number that JSON.parse keeps exact: digits are taken as they are. */
function scalar(json: Uint8Array, { from, to }: Member, path: string): unknown {
  if (json[from] === 0x7b || json[from] === 0x5b) throw invalidParams(path, 'expected a value, got an object or array')
  const isDigit = (json[from] ?? 0) >= 0x30 && (json[from] ?? 0) <= 0x39
  if (!isDigit) return parseScalar(json, from, to)
  return Buffer.from(json.buffer, json.byteOffset + from, Math.min(to - from, 100)).toString()
}
