import { Address } from '@ethereumjs/util'
import { bigintToMinimalBytes, bytesToHex, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'
import { InvalidBlock, OverBudget } from '../stateless/errors.ts'
import type { BlockContext } from './blockContext.ts'
import { assert, SYSTEM_CALL_GAS } from './internal.ts'
import { EMPTY_CODE_HASH } from './stateManager.ts'
import { wordToBytes } from './words.ts'

export const BEACON_ROOTS = new Address(hexToBytes('000f3df6d732807ef1319fb7b8bb8522d0beac02'))
export const HISTORY = new Address(hexToBytes('0000f90827f1c53a10cb7a02335b175320002935'))
/** keccak256 of the code that EIP-4788 and EIP-2935 deploy. */
const BEACON_ROOTS_CODE_HASH = 'f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c'
const HISTORY_CODE_HASH = '6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d'
/** Ring length of both contracts (HISTORY_BUFFER_LENGTH, HISTORY_SERVE_WINDOW). */
const RING = 8191n

/** EIP-8037: state gas that a system call brings with it, in fresh storage slots. */
const SYSTEM_CALL_SLOTS = 16n

type RequestContract = { eip: number; type: number; address: Address }

/** EIP-7685 request types in order; each call is checked: no code or a failure makes the block invalid. */
export const REQUEST_CONTRACTS: readonly RequestContract[] = [
  { eip: 7002, type: 1, address: new Address(hexToBytes('00000961ef480eb55e80d19ad83579a64c007002')) },
  { eip: 7251, type: 2, address: new Address(hexToBytes('0000bbddc7ce488642fb579f8b00f3a590007251')) },
  { eip: 8282, type: 3, address: new Address(hexToBytes('0000bff46984e3725691fa540a8c7589300d8282')) },
  { eip: 8282, type: 4, address: new Address(hexToBytes('000064d678505ad48f8ccb093bc65613800e8282')) },
]

type RingWrite = { slot: bigint; value: Uint8Array }

/** EIP-4788, then EIP-2935, before the transactions, at block access index 0. */
export async function runPreBlockCalls(context: BlockContext): Promise<void> {
  const { header, common } = context
  if (common.isActivatedEIP(4788)) {
    const root = header.parentBeaconBlockRoot
    assert(root !== undefined, 'a block with EIP-4788 needs a parent beacon block root')
    const index = header.timestamp % RING
    await updateRing(context, BEACON_ROOTS, BEACON_ROOTS_CODE_HASH, root, [
      { slot: index, value: bigintToMinimalBytes(header.timestamp) },
      { slot: index + RING, value: root },
    ])
  }
  if (common.isActivatedEIP(2935)) {
    await updateRing(context, HISTORY, HISTORY_CODE_HASH, header.parentHash, [
      { slot: (header.number - 1n) % RING, value: header.parentHash },
    ])
  }
}

/**
 * One unchecked pre-block call. The canonical code does nothing but write its ring slots, so they are written directly,
 * at no gas; no code at all means nothing happens. Other code runs as the specification says, but not where every
 * implementation of EXECUTE must agree on an unpaid call: there it makes the block invalid.
 */
async function updateRing(
  context: BlockContext,
  address: Address,
  canonicalHash: string,
  input: Uint8Array,
  writes: readonly RingWrite[],
): Promise<void> {
  const { state } = context
  // The specification loads the code, so a witness holds it and other implementations need it there.
  if ((await state.getCode(address)).length === 0) return
  const codeHash = bytesToHex(state.peekAccount(address.bytes)?.codeHash ?? EMPTY_CODE_HASH)
  if (codeHash !== canonicalHash) {
    if (context.refuseForeignSystemCode) {
      throw new InvalidBlock('SYSTEM_CONTRACT_FOREIGN_CODE', `foreign code at system contract ${address}`, {
        address: address.toString(),
        codeHash,
      })
    }
    await callSystemContract(context, address, input)
    return
  }
  for (const { slot, value } of writes) {
    const key = wordToBytes(slot)
    await state.getStorage(address, key)
    await state.putStorage(address, key, value)
  }
}

/**
 * The request calls after withdrawals: type byte || data of each contract that returned any. Deposits are type 0 and
 * come from logs. Throws InvalidBlock SYSTEM_CONTRACT_FAILED (EELS process_checked_system_transaction).
 */
export async function runRequestCalls(context: BlockContext): Promise<Uint8Array[]> {
  const requests: Uint8Array[] = []
  for (const { eip, type, address } of REQUEST_CONTRACTS) {
    if (!context.common.isActivatedEIP(eip)) continue
    const data = await runRequestCall(context, address)
    if (data.length > 0) requests.push(Uint8Array.of(type, ...data))
  }
  return requests
}

async function runRequestCall(context: BlockContext, address: Address): Promise<Uint8Array> {
  const code = await context.state.getCode(address)
  if (code.length === 0) throw systemContractFailed(address, 'no code')
  const { output, error } = await callSystemContract(context, address, EMPTY_BYTES)
  if (error !== undefined) throw systemContractFailed(address, error)
  return output
}

function systemContractFailed(address: Address, reason: string): InvalidBlock {
  return new InvalidBlock('SYSTEM_CONTRACT_FAILED', `system contract ${address}: ${reason}`, {
    address: address.toString(),
    reason,
  })
}

/** A call from SYSTEM_ADDRESS with 30M gas, seen by the code whatever the budget is; metered when there is one. */
async function callSystemContract(
  context: BlockContext,
  to: Address,
  data: Uint8Array,
): Promise<{ output: Uint8Array; error?: string }> {
  const { evm, state, common, budget } = context
  if (budget !== undefined) evm.meter.arm(budget.remaining)
  const { execResult } = await context.library(() =>
    evm.runSystemCall({
      block: context.block,
      gasPrice: context.header.baseFeePerGas ?? 0n,
      gasLimit: SYSTEM_CALL_GAS,
      to,
      data,
      stateGas: common.isActivatedEIP(8037)
        ? common.param('stateBytesPerStorageSet') * common.param('costPerStateByte') * SYSTEM_CALL_SLOTS
        : 0n,
    }),
  )
  await evm.journal.cleanup()
  state.originalStorageCache.clear()
  context.addSystemGas(evm.meter.lastMessageGas)
  const error = execResult.exceptionError?.error
  return { output: execResult.returnValue, ...(error === undefined ? {} : { error }) }
}

/** Takes regular gas off the budget; the exact check of metered execution. */
export function spendBudget(budget: { remaining: bigint }, gas: bigint): void {
  budget.remaining -= gas
  if (budget.remaining >= 0n) return
  throw new OverBudget('OVER_BUDGET', `execution used ${-budget.remaining} regular gas more than its budget`, {
    missing: -budget.remaining,
  })
}
