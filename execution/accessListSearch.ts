import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { authoritiesOf } from './authorizations.ts'
import { type CallDeps, type CallRun, withCallRun } from './callRun.ts'
import { createdAddress } from './createdAddress.ts'
import { TransactionRejected } from './errors.ts'
import type { TracedStep, Watcher } from './tracers/tracer.ts'
import type { AccessListOutcome, CallContext, CallOutcome, CallRequest } from './types.ts'
import { wordToAddress, wordToBytes } from './words.ts'

/** Code that looks at its own gas may go another way with every list; nobody needs more turns than this. */
const MAX_TURNS = 64

const SLOT_CODES = new Set([0x54, 0x55]) // SLOAD, SSTORE
const ACCOUNT_CODES = new Set([0x31, 0x3b, 0x3c, 0x3f, 0xff]) // BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT
const CALL_CODES = new Set([0xf1, 0xf2, 0xf4, 0xfa]) // CALL, CALLCODE, DELEGATECALL, STATICCALL

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
    const request = { ...call, accessList: toAccessList(list) }
    const { outcome } = await withCallRun(request, context, deps, {
      regularGas: 'uncapped',
      use: (run) => {
        run.evm.trace(watch(next, warmAnyway(run)))
        return run.attempt(call.gas ?? run.header.gasLimit)
      },
    })
    if (sizeOf(next) === sizeOf(list)) return accessListOutcome(list, outcome)
    list = next
  }
  throw new TransactionRejected('INVALID', `the access list still grew after ${MAX_TURNS} runs`, { turns: MAX_TURNS })
}

/** Adds what an opcode names once the opcode is paid for. */
function watch(list: Accesses, warm: ReadonlySet<string>): Watcher {
  let pending: { gas: bigint; add(): void } | undefined
  return {
    onStep(step) {
      const add = accessOf(step, list, warm)
      pending = add === undefined ? undefined : { gas: step.gas, add }
    },
    onPrice(cost) {
      if (pending !== undefined && cost <= pending.gas) pending.add()
      pending = undefined
    },
  }
}

function accessOf(step: TracedStep, list: Accesses, warm: ReadonlySet<string>): (() => void) | undefined {
  const { opcode, height } = step
  if (SLOT_CODES.has(opcode) && height >= 1) {
    const [address, slot] = [bytesToHex(step.address), bytesToHex(wordToBytes(step.peek(0)))]
    return () => addAccount(list, address).add(slot)
  }
  const position = ACCOUNT_CODES.has(opcode) ? 0 : CALL_CODES.has(opcode) ? 1 : undefined
  if (position === undefined || height <= position) return undefined
  const address = bytesToHex(wordToAddress(step.peek(position)))
  return warm.has(address) ? undefined : () => addAccount(list, address)
}

function warmAnyway({ transaction, nonce, evm, common }: CallRun): ReadonlySet<string> {
  const { sender, fields } = transaction
  const receiver = fields.to ?? createdAddress(sender, nonce)
  const own = [sender, receiver, ...authoritiesOf(fields, common)].map(bytesToHex)
  return new Set([...own, ...evm.precompiles.keys()])
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
