import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { l1Messenger } from '../../../genesis/generated/L1Messenger.ts'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { type Artifact, compileSolidity } from '../../../scripts/lib/solidity.mjs'
import { L2_MESSENGER } from '../setup.ts'
import type { Sabotage, World } from './world.ts'

/** A contract with one line changed for the worse. */
export type Mutant = {
  name: string
  file: string
  from: string
  to: string
  /** contracts that have the line in them */
  into: readonly ('L1Messenger' | 'L2Messenger' | 'NativeRollup')[]
}

const MESSAGES = 'contracts/lib/Messages.sol'
const BOX = 'contracts/lib/MessageBox.sol'
const L1 = 'contracts/l1/L1Messenger.sol'
const L2 = 'contracts/l2/L2Messenger.sol'
const ROLLUP = 'contracts/l1/NativeRollup.sol'
const QUEUE = 'contracts/lib/ForcedQueue.sol'
const BOTH = ['L1Messenger', 'L2Messenger'] as const

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a delivery is not marked',
    file: MESSAGES,
    from: '_bitmap[_index >> 8] = word | bit;',
    to: '_bitmap[_index >> 8] = word;',
    into: BOTH,
  },
  {
    name: 'the gas of a delivery is not checked',
    file: MESSAGES,
    from: 'if (available < CALL_OVERHEAD || (available - CALL_OVERHEAD) * 63 / 64 < _message.gasLimit) {',
    to: 'if (available == 0) {',
    into: BOTH,
  },
  {
    name: '1/64 is forgotten in the gas of a delivery',
    file: MESSAGES,
    from: '(available - CALL_OVERHEAD) * 63 / 64 < _message.gasLimit',
    to: 'available < _message.gasLimit',
    into: BOTH,
  },
  {
    name: 'a failed delivery counts',
    file: MESSAGES,
    from: 'if (!_call(_message.gasLimit, _message.to, _message.value, data)) revert Messages_DeliveryFailed();',
    to: '_call(_message.gasLimit, _message.to, _message.value, data);',
    into: BOTH,
  },
  {
    name: 'the source is not in the leaf',
    file: MESSAGES,
    from: 'TAG, _sourceChainId, _destinationChainId,',
    to: 'TAG, _sourceChainId & 0, _destinationChainId,',
    into: BOTH,
  },
  {
    name: 'the value is not in the leaf',
    file: MESSAGES,
    from: '_sender, _to, _value, _fee,',
    to: '_sender, _to, _value & 0, _fee,',
    into: BOTH,
  },
  {
    name: 'the sender context outlives the delivery',
    file: BOX,
    from: '_context = address(0);\n        _receiver = address(0);',
    to: '',
    into: BOTH,
  },
  {
    name: 'everybody sees the sender',
    file: BOX,
    from: '_receiver == address(0) || msg.sender != _receiver',
    to: '_receiver == address(0)',
    into: BOTH,
  },
  {
    name: 'a claim can be reentered',
    file: L1,
    from: ') external nonReentrant {',
    to: ') external {',
    into: ['L1Messenger'],
  },
  {
    name: 'the escrow is not capped',
    file: L1,
    from: 'if (_totalOut > _totalIn + BACKING) revert L1Messenger_EscrowExceeded();',
    to: '',
    into: ['L1Messenger'],
  },
  {
    name: 'fees are not counted',
    file: L1,
    from: '_totalOut += _message.value + _message.fee;',
    to: '_totalOut += _message.value;',
    into: ['L1Messenger'],
  },
  {
    name: 'the ring of inbox roots has no bounds',
    file: L2,
    from: 'if (_rootId == 0 || _rootId > latest || latest - _rootId >= ROOT_HISTORY) revert L2Messenger_UnknownRoot(_rootId);',
    to: 'if (latest == type(uint256).max) revert L2Messenger_UnknownRoot(_rootId);',
    into: ['L2Messenger'],
  },
  {
    name: 'the ring of state roots has no bounds',
    file: ROLLUP,
    from: 'if (_number <= head && head - _number < STATE_ROOT_HISTORY) {',
    to: 'if (_number <= head || head != 0) {',
    into: ['NativeRollup'],
  },
  {
    name: 'the parent is not checked',
    file: ROLLUP,
    from: 'if (StatelessInput.readBytes32(_input, Layout.PARENT_HASH_AT) != _headHash) revert NativeRollup_WrongParent();',
    to: '',
    into: ['NativeRollup'],
  },
  {
    name: 'the anchor is not checked',
    file: ROLLUP,
    from: 'if (anchor == 0 || StatelessInput.readBytes32(_input, Layout.PARENT_BEACON_BLOCK_ROOT_AT) != anchor) {',
    to: 'anchor = StatelessInput.readBytes32(_input, Layout.PARENT_BEACON_BLOCK_ROOT_AT);\n        if (anchor == 0) {',
    into: ['NativeRollup'],
  },
  {
    name: 'a silent sequencer keeps the rollup closed',
    file: ROLLUP,
    from: 'return block.timestamp >= uint256(_head.lastAdvance) + SEQUENCER_TIMEOUT || _isForcedOverdue();',
    to: 'return _isForcedOverdue();',
    into: ['NativeRollup'],
  },
  {
    name: 'anyone becomes the sequencer',
    file: ROLLUP,
    from: 'if (msg.sender != _pendingSequencer) revert NativeRollup_NotSequencer();',
    to: '',
    into: ['NativeRollup'],
  },
  {
    name: 'what EXECUTE answers is not looked at',
    file: ROLLUP,
    from: 'if (!ok || tail >> 248 != 1) revert NativeRollup_ExecuteFailed();',
    to: 'ok;',
    into: ['NativeRollup'],
  },
  {
    name: 'state roots are final at once',
    file: ROLLUP,
    from: 'if (block.timestamp < uint256(time) + FINALITY_DELAY) revert NativeRollup_NotFinal();',
    to: 'if (block.timestamp < uint256(time)) revert NativeRollup_NotFinal();',
    into: ['NativeRollup'],
  },
  {
    name: 'an overdue forced transaction does not open the rollup',
    file: QUEUE,
    from: 'return block.timestamp >= uint256(entry.since) + FORCED_DEADLINE;',
    to: 'return false;',
    into: ['NativeRollup'],
  },
  {
    name: 'forced transactions expire at once',
    file: QUEUE,
    from: 'return block.timestamp >= uint256(_entry.since) + FORCED_EXPIRY;',
    to: 'return block.timestamp >= uint256(_entry.since);',
    into: ['NativeRollup'],
  },
  {
    name: 'a bond is paid again and again',
    file: QUEUE,
    from: 'delete _forcedQueue().entries[_id];\n        emit BondReclaimed',
    to: 'emit BondReclaimed',
    into: ['NativeRollup'],
  },
  {
    name: 'any pending transaction counts as included',
    file: QUEUE,
    from: 'if (!found) break;',
    to: '',
    into: ['NativeRollup'],
  },
]

const UNITS = { L1Messenger: L1, L2Messenger: L2, NativeRollup: ROLLUP } as const
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Puts the mutant in place of the sound contract: same storage, same immutables, other code. */
export function sabotage({ name, file, from, to, into }: Mutant): Sabotage {
  const source = readFileSync(`${root}${file}`, 'utf8')
  if (source.split(from).length !== 2) throw new Error(`${name}: the line is not there once in ${file}`)
  const units = Object.fromEntries(into.map((unit) => [unit, UNITS[unit]]))
  const built: Record<string, Artifact> = compileSolidity(units, new Map([[file, source.replace(from, to)]]))
  return async (world) => {
    for (const unit of into) {
      const mutant = built[unit]
      if (mutant !== undefined) await replaceCode(world, unit, mutant)
    }
  }
}

async function replaceCode({ l1, l2 }: World, unit: Mutant['into'][number], mutant: Artifact): Promise<void> {
  if (unit === 'L2Messenger') return l2.chain.setCode(L2_MESSENGER, mutant.runtimeCode)
  const [address, sound] = unit === 'L1Messenger' ? [l1.messenger, l1Messenger] : [l1.rollup, nativeRollup]
  const deployed = Buffer.from((await l1.chain.getCode(address)).slice(2), 'hex')
  const code = Buffer.from(mutant.runtimeCode.slice(2), 'hex')
  const known: Record<string, readonly { start: number; length: number }[]> = sound.immutableReferences
  for (const [name, places] of Object.entries(mutant.immutableReferences)) {
    const from = known[name]?.[0]
    if (from === undefined) throw new Error(`no value for the immutable ${name}`)
    const value = deployed.subarray(from.start, from.start + from.length)
    for (const { start } of places) value.copy(code, start)
  }
  await l1.chain.setCode(address, `0x${code.toString('hex')}`)
}
