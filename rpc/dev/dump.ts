import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { GenesisState } from '../../node/chain.ts'
import { collectStateKeys, type StateKeys } from '../../node/stateKeys.ts'
import type { Chain } from '../../node/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { StateView } from '../../stateless/types.ts'
import { RpcError } from '../errors.ts'
import { toData, toQuantity, toWord } from '../hex.ts'
import { bool, method, optional } from '../params.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import { named } from './values.ts'

const MAX_DUMP_BYTES = 128 * 1024 * 1024
const compress = promisify(gzip)

/**
 * The state of the head as anvil writes it: hex of gzipped JSON with every account. anvil reads it, and so does
 * anvil_loadState here. History is not part of it: who loads it keeps his own blocks, and the block fields are null.
 */
export function dumpMethods(deps: { chain: Chain; genesis: GenesisState }): MethodTable {
  const dump = method([optional('with history', bool)], async (_, { signal }) => {
    const { chain, genesis } = deps
    const state = chain.stateAt(chain.head().header.stateRoot)
    const keys = await collectStateKeys(chain, genesis.changes, signal)
    const parts = await collectText(dumpText(keys, state), signal)
    return toData(await compress(parts))
  })
  return named(['anvil_dumpState', 'hardhat_dumpState'], dump)
}

async function collectText(text: Iterable<string>, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = []
  const pause = createPauses()
  let [size, waiting] = [0, '']
  const flush = () => {
    parts.push(Buffer.from(waiting))
    size += waiting.length
    waiting = ''
    if (size > MAX_DUMP_BYTES) throw new RpcError('LIMIT_EXCEEDED', `the state is larger than ${MAX_DUMP_BYTES} bytes`)
  }
  for (const part of text) {
    waiting += part
    if (waiting.length > 65_536) flush()
    const turn = pause()
    if (turn) await turn
    signal.throwIfAborted()
  }
  flush()
  return Buffer.concat(parts)
}

function* dumpText(keys: StateKeys, state: StateView): Iterable<string> {
  yield '{"block":null,"accounts":{'
  let separator = ''
  for (const [key, slots] of keys) {
    const address = hexToBytes(key)
    const account = state.getAccount(address)
    if (account === undefined) continue
    const code = toData(state.getCode(account.codeHash))
    yield `${separator}"0x${key}":{"nonce":${account.nonce},"balance":"${toQuantity(account.balance)}","code":"${code}","storage":{`
    if (Buffer.compare(account.storageRoot, EMPTY_TRIE_ROOT) !== 0) yield* slotText(state, address, slots)
    yield '}}'
    separator = ','
  }
  yield '},"best_block_number":null,"blocks":[],"transactions":[],"historical_states":null}'
}

function* slotText(state: StateView, address: Uint8Array, slots: Iterable<string>): Iterable<string> {
  let separator = ''
  for (const slot of slots) {
    const value = state.getStorage(address, hexToBytes(slot))
    if (value.length === 0) continue
    yield `${separator}"0x${slot}":"${toWord(value)}"`
    separator = ','
  }
}
