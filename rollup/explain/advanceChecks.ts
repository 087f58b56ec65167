import { encodeAbiParameters, keccak256 as hashOf } from 'viem'
import { bytesToHex } from '../../stateless/bytes.ts'
import { INPUT_LAYOUT as AT, INPUT_LAYOUT_VALUES } from '../../stateless/inputLayout.ts'
import { RESULT_SIZE } from '../../stateless/ssz.ts'
import type { AdvanceCheck, AdvanceFacts, ExecuteAnswer, RollupHead } from './advanceTypes.ts'
import { createForcedChecks, overdueForced } from './forcedChecks.ts'
import { layoutChecks, uint64At } from './layoutChecks.ts'

type Hex = `0x${string}`
type Value = Hex | bigint

/**
 * The checks of NativeRollup.advance, advanceWithForced and advanceBatch (contracts/l1/NativeRollup.sol), each as a row, in
 * the contract's order. The contract reverts at the first row that is not ok. Rows of fields behind it are compared all the
 * same, so that everything that is wrong is seen at once; what needs the layout, EXECUTE and the queue are there only as far
 * as the contract comes.
 */
export async function advanceChecks(facts: AdvanceFacts): Promise<AdvanceCheck[]> {
  const { call } = facts
  const batch = batchChecks(facts)
  const rows = [...callerChecks(facts), ...batch]
  // no anchor can be told to belong to an input
  if (isStopped(batch)) return rows
  const forced = createForcedChecks(facts)
  let { head } = facts.storage
  for (const [index, input] of call.inputs.entries()) {
    const block = await blockChecks(facts, index, head)
    const number = block.l2Block === undefined ? {} : { l2Block: block.l2Block }
    const push = (more: readonly AdvanceCheck[]) => void rows.push(...more.map((row) => ({ ...number, ...row })))
    push(block.rows)
    if (isStopped(rows)) break
    push(executeChecks(facts, await facts.execute(index)))
    if (isStopped(rows)) break
    push(forced.named(input))
    if (isStopped(rows)) break
    push(forced.oldest(input))
    if (isStopped(rows)) break
    head = headAfter(facts, input, call.anchorBlocks[index] ?? 0n, head)
  }
  return rows
}

const isStopped = (rows: readonly AdvanceCheck[]): boolean => rows.some(({ ok }) => !ok)

/** `_requireProposer` */
function callerChecks(facts: AdvanceFacts): AdvanceCheck[] {
  const { sender, origin, codeLength } = facts.caller
  const { sequencer } = facts.storage
  const { isOpen, note } = openness(facts)
  const error = 'NativeRollup_NotTopLevel'
  const proposer = equal('the sequencer, or the rollup is open', 'msg.sender', 'storage', sequencer, sender)
  return [
    { ...equal('called by the transaction itself', 'msg.sender', 'opcode', origin, sender), error },
    { ...equal('the caller has no code', 'msg.sender.code.length', 'fixed', 0n, codeLength), error },
    { ...proposer, ok: proposer.ok || isOpen, error: 'NativeRollup_NotSequencer', note },
  ]
}

/** `isOpen`, with the reason. */
function openness({ rules, storage, l1 }: AdvanceFacts): { isOpen: boolean; note: string } {
  const silentUntil = storage.head.lastAdvance + rules.sequencerTimeout
  if (BigInt(storage.sequencer) === 0n) return { isOpen: true, note: 'open: there is no sequencer' }
  if (l1.timestamp >= silentUntil) return { isOpen: true, note: `open: silent until second ${silentUntil}` }
  const overdue = overdueForced(rules, storage.queue, l1.timestamp)
  if (overdue !== undefined) return { isOpen: true, note: `open: ${overdue}` }
  return { isOpen: false, note: `closed: a silent sequencer opens it at second ${silentUntil}` }
}

function batchChecks({ call }: AdvanceFacts): AdvanceCheck[] {
  if (call.name !== 'advanceBatch') return []
  const count = BigInt(call.inputs.length)
  const error = 'NativeRollup_BadBatch'
  const anchors = BigInt(call.anchorBlocks.length)
  return [
    { ...atLeast('the batch is not empty', 'inputs.length', 'fixed', 1n, count), error },
    { ...equal('an anchor for each input', 'anchorBlocks.length', 'calldata', count, anchors), error },
  ]
}

type BlockRows = { rows: AdvanceCheck[]; l2Block?: bigint }

/** `_advance` up to its call of EXECUTE. */
async function blockChecks(facts: AdvanceFacts, index: number, head: RollupHead): Promise<BlockRows> {
  const input = facts.call.inputs[index] ?? new Uint8Array()
  const rows: AdvanceCheck[] = []
  for (const row of layoutChecks(input)) {
    rows.push(row)
    if (!row.ok) return { rows }
  }
  rows.push(...fieldChecks(facts, input, head), ...(await anchorChecks(facts, index, head)))
  return { rows, l2Block: uint64At(input, AT.blockNumber) }
}

/** `_checkFields` */
function fieldChecks({ rules, l1 }: AdvanceFacts, input: Uint8Array, head: RollupHead): AdvanceCheck[] {
  const number = uint64At(input, AT.blockNumber)
  const timestamp = uint64At(input, AT.timestamp)
  const recipient = bytesAt(input, AT.feeRecipient, 20)
  const isFree = BigInt(rules.feeRecipient) === 0n
  const payload = (name: string) => `executionPayload.${name}`
  const toRecipient = equal('fee recipient', payload('feeRecipient'), 'fixed', rules.feeRecipient, recipient)
  const earliest = l1.timestamp > rules.maxTimestampLag ? l1.timestamp - rules.maxTimestampLag : 0n
  return [
    {
      ...equal('builds on the head', payload('parentHash'), 'storage', head.hash, bytesAt(input, AT.parentHash, 32)),
      error: 'NativeRollup_WrongParent',
    },
    {
      ...equal('chain id', 'chainId', 'fixed', rules.chainId, uint64At(input, AT.chainId)),
      error: 'NativeRollup_WrongChain',
    },
    {
      ...equal('number after the head', payload('blockNumber'), 'storage', head.number + 1n, number),
      error: 'NativeRollup_WrongNumber',
    },
    {
      ...equal('gas limit', payload('gasLimit'), 'fixed', rules.gasLimit, uint64At(input, AT.gasLimit)),
      error: 'NativeRollup_WrongGasLimit',
    },
    {
      ...equal('slot is the number', payload('slotNumber'), 'calldata', number, uint64At(input, AT.slotNumber)),
      error: 'NativeRollup_WrongSlot',
    },
    {
      ...toRecipient,
      ok: toRecipient.ok || isFree,
      error: 'NativeRollup_WrongFeeRecipient',
      ...(isFree ? { note: 'any: the contract names none' } : {}),
    },
    {
      ...atMost('not later than L1', payload('timestamp'), 'opcode', l1.timestamp, timestamp),
      error: 'NativeRollup_FutureTimestamp',
    },
    {
      ...atLeast('not too far behind L1', payload('timestamp'), 'opcode', earliest, timestamp),
      error: 'NativeRollup_StaleTimestamp',
    },
  ]
}

/** `_checkAnchor` */
async function anchorChecks(facts: AdvanceFacts, index: number, head: RollupHead): Promise<AdvanceCheck[]> {
  const { call, l1, rules } = facts
  const input = call.inputs[index] ?? new Uint8Array()
  const anchorBlock = call.anchorBlocks[index] ?? 0n
  const oldest = l1.number > rules.maxAnchorAge ? l1.number - rules.maxAnchorAge : 0n
  const mismatch = 'NativeRollup_AnchorMismatch'
  const before = below('anchor is before this L1 block', 'anchorBlock', 'opcode', l1.number, anchorBlock)
  const young = atLeast('anchor is not too old', 'anchorBlock', 'opcode', oldest, anchorBlock)
  const rows: AdvanceCheck[] = [
    {
      ...atLeast('anchor does not move back', 'anchorBlock', 'storage', head.anchorBlock, anchorBlock),
      error: 'NativeRollup_AnchorMovedBack',
    },
    { ...before, error: mismatch },
    { ...young, error: 'NativeRollup_AnchorTooOld' },
  ]
  // else there is nothing to compare with
  if (!before.ok || !young.ok) return rows
  const anchor = await facts.anchorHash(anchorBlock)
  const claimed = bytesAt(input, AT.parentBeaconBlockRoot, 32)
  const hashRow = equal(
    'carries the hash of the anchor',
    'parentBeaconBlockRoot',
    'opcode',
    anchor ?? ZERO_HASH,
    claimed,
  )
  if (anchor === undefined) {
    return [...rows, { ...hashRow, ok: false, error: mismatch, note: 'L1 cannot give the hash of this block' }]
  }
  const number = uint64At(input, AT.blockNumber)
  const randao = hashOf(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint64' }], [anchor, number]))
  const field = 'executionPayload.prevRandao'
  return [
    ...rows,
    { ...hashRow, error: mismatch },
    {
      ...equal('randao of anchor and number', field, 'opcode', randao, bytesAt(input, AT.prevRandao, 32)),
      error: 'NativeRollup_WrongRandao',
    },
  ]
}

/** `_execute` */
function executeChecks({ rules }: AdvanceFacts, { output, note }: ExecuteAnswer): AdvanceCheck[] {
  const error = 'NativeRollup_ExecuteFailed'
  const length = equal('EXECUTE accepts the input', 'result', 'fixed', BigInt(RESULT_SIZE), BigInt(output?.length ?? 0))
  const first = { ...length, error, ...(note === undefined ? {} : { note }) }
  if (output?.length !== RESULT_SIZE) return [first]
  const schemaId = BigInt((output[41] ?? 0) + 256 * (output[42] ?? 0))
  const rows: AdvanceCheck[] = [
    first,
    { ...equal('says that it succeeded', 'result.successfulValidation', 'fixed', 1n, BigInt(output[32] ?? 0)), error },
    { ...equal('answers for this chain', 'result.chainId', 'fixed', rules.chainId, uint64At(output, 33)), error },
    {
      ...equal('answers with this schema', 'result.schemaId', 'fixed', BigInt(INPUT_LAYOUT_VALUES.schemaId), schemaId),
      error: 'NativeRollup_WrongSchema',
    },
  ]
  const failing = rows.findIndex(({ ok }) => !ok)
  return failing === -1 ? rows : rows.slice(0, failing + 1)
}

/** What `_advance` writes. */
function headAfter({ storage, caller, l1 }: AdvanceFacts, input: Uint8Array, anchorBlock: bigint, head: RollupHead) {
  return {
    hash: bytesAt(input, AT.blockHash, 32),
    number: uint64At(input, AT.blockNumber),
    timestamp: uint64At(input, AT.timestamp),
    anchorBlock,
    lastAdvance: caller.sender === storage.sequencer ? l1.timestamp : head.lastAdvance,
  }
}

const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`

const bytesAt = (bytes: Uint8Array, at: number, length: number): Hex =>
  `0x${bytesToHex(bytes.subarray(at, at + length))}`

type Source = AdvanceCheck['source']
type Comparison = (check: string, field: string, source: Source, expected: Value, actual: Value) => AdvanceCheck

function comparison(
  relation: AdvanceCheck['relation'],
  holds: (actual: bigint, expected: bigint) => boolean,
): Comparison {
  return (check, field, source, expected, actual) => ({
    check,
    field,
    source,
    relation,
    expected: toHex(expected),
    actual: toHex(actual),
    ok: holds(BigInt(actual), BigInt(expected)),
  })
}

const equal = comparison('equal', (actual, expected) => actual === expected)
const atLeast = comparison('at least', (actual, expected) => actual >= expected)
const atMost = comparison('at most', (actual, expected) => actual <= expected)
const below = comparison('below', (actual, expected) => actual < expected)

const toHex = (value: Value): Hex => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value)
