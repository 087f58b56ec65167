import { generateAddress } from '@ethereumjs/util'
import { bigintToMinimalBytes, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { recoverAuthority } from './authorizations.ts'
import { type CallDeps, type CallRun, createCallRun } from './callRun.ts'
import { TransactionRejected } from './errors.ts'
import type { OpcodeWatch, RunState } from './opcodeMap.ts'
import type { AccessListOutcome, CallContext, CallOutcome, CallRequest } from './types.ts'

/** Code that looks at its own gas may go another way with every list; nobody needs more turns than this. */
const MAX_TURNS = 64

const SLOT_CODES = [0x54, 0x55] // SLOAD, SSTORE
const ACCOUNT_CODES = [0x31, 0x3b, 0x3c, 0x3f, 0xff] // BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT
const CALL_CODES = [0xf1, 0xf2, 0xf4, 0xfa] // CALL, CALLCODE, DELEGATECALL, STATICCALL

/** Address to slots, 40 and 64 hex digits. */
type Accesses = Map<string, Set<string>>

/**
 * eth_createAccessList: runs the call with a list until the run uses nothing that is not in it (geth
 * internal/ethapi/api.go AccessList, eth/tracers/logger/access_list_tracer.go). What is warm anyway is left out unless
 * slots of it are used: sender, receiver, precompiles, authorities. Reverted frames count.
 *
 * @throws TransactionRejected when no transaction like this could run
 */
export async function createAccessList(
  call: CallRequest,
  context: CallContext,
  deps: CallDeps,
): Promise<AccessListOutcome> {
  let list: Accesses = new Map((call.accessList ?? []).map(({ address, storageKeys }) => entryOf(address, storageKeys)))
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const next = copyOf(list)
    const warm = new Set<string>()
    const request = { ...call, accessList: toAccessList(list) }
    const run = await createCallRun(request, context, deps, { regularGas: 'uncapped', watches: watch(next, warm) })
    for (const address of warmAnyway(run)) warm.add(address)
    const { outcome } = await run.attempt(call.gas ?? run.header.gasLimit)
    if (sizeOf(next) === sizeOf(list)) return accessListOutcome(list, outcome)
    list = next
  }
  throw new TransactionRejected('INVALID', `the access list still grew after ${MAX_TURNS} runs`, { turns: MAX_TURNS })
}

function watch(list: Accesses, warm: ReadonlySet<string>): ReadonlyMap<number, OpcodeWatch> {
  const slot = (runState: RunState) => {
    const [key = 0n] = runState.stack.peek(1)
    addAccount(list, bytesToHex(addressOf(runState))).add(key.toString(16).padStart(64, '0'))
  }
  const account = (position: number) => (runState: RunState) => {
    const word = runState.stack.peek(position)[position - 1] ?? 0n
    const address = BigInt.asUintN(160, word).toString(16).padStart(40, '0')
    if (!warm.has(address)) addAccount(list, address)
  }
  return new Map<number, OpcodeWatch>([
    ...SLOT_CODES.map((code): [number, OpcodeWatch] => [code, { before: slot }]),
    ...ACCOUNT_CODES.map((code): [number, OpcodeWatch] => [code, { before: account(1) }]),
    ...CALL_CODES.map((code): [number, OpcodeWatch] => [code, { before: account(2) }]),
  ])
}

function warmAnyway({ transaction, nonce, precompiles, common }: CallRun): string[] {
  const { sender, fields } = transaction
  const receiver = fields.to ?? generateAddress(sender, bigintToMinimalBytes(nonce))
  const authorities = (fields.authorizationList ?? []).map((item) => recoverAuthority(item, common)?.bytes)
  const single = [sender, receiver, ...authorities].flatMap((bytes) => (bytes === undefined ? [] : [bytesToHex(bytes)]))
  return [...single, ...precompiles]
}

function addressOf(runState: RunState): Uint8Array {
  const { _env } = runState.interpreter as { _env: { address: { bytes: Uint8Array } } }
  return _env.address.bytes
}

function addAccount(list: Accesses, address: string): Set<string> {
  let slots = list.get(address)
  if (slots === undefined) {
    slots = new Set()
    list.set(address, slots)
  }
  return slots
}

function entryOf(address: Uint8Array, keys: readonly Uint8Array[]): [string, Set<string>] {
  return [bytesToHex(address), new Set(keys.map(bytesToHex))]
}

function copyOf(list: Accesses): Accesses {
  return new Map([...list].map(([address, slots]) => [address, new Set(slots)]))
}

/** Lists only grow, so two of one size are one. */
function sizeOf(list: Accesses): number {
  let size = list.size
  for (const slots of list.values()) size += slots.size
  return size
}

function toAccessList(list: Accesses): AccessListOutcome['accessList'] {
  return [...list].map(([address, slots]) => ({
    address: hexToBytes(address),
    storageKeys: [...slots].map(hexToBytes),
  }))
}

function accessListOutcome(list: Accesses, outcome: CallOutcome): AccessListOutcome {
  const found = { accessList: toAccessList(list), gasUsed: outcome.gasUsed }
  if (outcome.status === 'success') return found
  return { ...found, error: outcome.status === 'reverted' ? 'execution reverted' : outcome.error }
}
