import * as z from 'zod'
import type { SealMode } from '../../node/types.ts'
import type { BuildByHand } from '../../rollup/control/control.ts'
import type { RewindFate, Rewound as RollupRewound } from '../../rollup/control/rewind.ts'
import type { BlockWithMessages } from '../../rollup/sequencer.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { toData, toQuantity } from '../hex.ts'
import { optional, required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps, RollupServices } from './deps.ts'
import { rollupMethod } from './method.ts'
import { address, addressIn, bytesIn, countIn, from, hash, hashIn, named, quantity, quantity64In } from './wire.ts'

/** `intervalMs`: only of `interval` */
export const Sequencing = named('Sequencing', {
  mode: z.enum(['auto', 'interval', 'manual']),
  intervalMs: quantity.optional(),
})
export type Sequencing = z.infer<typeof Sequencing>

export const BuiltBlock = named('BuiltBlock', {
  number: quantity,
  hash,
  parentHash: hash,
  stateRoot: hash,
  timestamp: quantity,
  coinbase: address,
  gasUsed: quantity,
  /** L1 block whose hash it carries */
  anchorBlock: quantity,
  /** of all of them, the claims of messages included */
  transactions: z.array(hash),
  /** indices of the L1 messages that it delivers */
  messages: z.array(quantity),
})
export type BuiltBlock = z.infer<typeof BuiltBlock>

export const Rewound = named('Rewound', {
  head: named('RewoundHead', { number: quantity, hash }),
  /** newest first */
  removed: z.array(named('RemovedBlock', { number: quantity, hash })),
  transactions: z.array(
    named('DisplacedTransaction', { hash, fate: z.enum(['pool', 'dropped', 'made-anew', 'refused']) }),
  ),
})
export type Rewound = z.infer<typeof Rewound>

/** a day; timers do not go beyond 24 of them */
const MAX_INTERVAL_MS = 86_400_000
const MAX_TRANSACTIONS = 1_000
const MAX_MESSAGES = 1_000

const sequencingIn = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.enum(['auto', 'manual']) }),
  z.strictObject({
    mode: z.literal('interval'),
    intervalMs: countIn.refine((ms) => ms >= 1 && ms <= MAX_INTERVAL_MS, { error: 'expected 1 ms to a day' }),
  }),
])

const buildOptions = z.strictObject({
  txs: z.array(bytesIn).max(MAX_TRANSACTIONS).optional(),
  timestamp: quantity64In.optional(),
  messages: countIn.refine((count) => count <= MAX_MESSAGES, { error: `expected at most ${MAX_MESSAGES}` }).optional(),
  coinbase: addressIn.optional(),
})

const rewindOptions = z.strictObject({ transactions: z.enum(['pool', 'drop']).default('pool') })

const isControl = true

/** The maker of blocks by hand: when it makes them, what is in one, and which unsettled ones go. */
export function rollupSequencingMethods({ rollup }: RollupDeps): MethodTable {
  const control = () => rollup().node.control()
  const start = rollupMethod(
    {
      summary: 'Lets a stopped sequencer go on; a hash is that of the head on which it may.',
      params: [optional('head', from(hashIn))],
      result: z.null(),
      isControl,
    },
    async ([head]) => {
      await control().startSequencer(head)
      return null
    },
  )
  const stop = rollupMethod(
    {
      summary: 'Makes no more blocks by itself, and gives the hash of the head.',
      params: [],
      result: hash,
      isControl,
    },
    () => control().stopSequencer(),
  )
  const active = rollupMethod(
    { summary: 'Whether the sequencer was started and not stopped.', params: [], result: z.boolean() },
    () => !rollup().node.sequencer.isStopped(),
  )
  return {
    rollup_stopSequencer: stop,
    admin_stopSequencer: stop,
    rollup_startSequencer: start,
    admin_startSequencer: start,
    admin_sequencerActive: active,
    rollup_setSequencing: rollupMethod(
      {
        summary: 'When L2 blocks are made: for every transaction, at an interval, or on request. Gives what it was.',
        params: [required('sequencing', from(sequencingIn))],
        result: Sequencing,
        isControl,
      },
      ([wanted]) => setSequencing(rollup(), wanted),
    ),
    rollup_buildBlock: rollupMethod(
      {
        summary: 'Makes one L2 block of what is given, also while the sequencer is stopped.',
        params: [withDefault('options', from(buildOptions), {})],
        result: BuiltBlock,
        isControl,
      },
      async ([options]) => formatBuilt(await control().build(toRequest(options))),
    ),
    rollup_rewindL2: rollupMethod(
      {
        summary: 'Takes unsettled L2 blocks back and tells what became of their transactions.',
        params: [required('block', from(quantity64In)), withDefault('options', from(rewindOptions), POOL)],
        result: Rewound,
        isControl,
      },
      async ([toBlock, { transactions }]) => formatRewound(await control().rewind(toBlock, transactions)),
    ),
  }
}

const POOL: { transactions: RewindFate } = { transactions: 'pool' }

function setSequencing({ node }: RollupServices, wanted: z.output<typeof sequencingIn>): Sequencing {
  const { sealer } = node.control()
  const before = describe(sealer.mode)
  if (wanted.mode === 'interval') sealer.setMode({ kind: 'interval', seconds: wanted.intervalMs / 1_000 })
  else sealer.setMode({ kind: wanted.mode === 'auto' ? 'instant' : 'manual' })
  return before
}

function describe(mode: SealMode): Sequencing {
  if (mode.kind !== 'interval') return { mode: mode.kind === 'instant' ? 'auto' : 'manual' }
  return { mode: 'interval', intervalMs: toQuantity(Math.round(mode.seconds * 1_000)) }
}

function toRequest({ txs, timestamp, messages, coinbase }: z.output<typeof buildOptions>): BuildByHand {
  return {
    ...(txs === undefined ? {} : { transactions: txs }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(messages === undefined ? {} : { messages }),
    ...(coinbase === undefined ? {} : { coinbase: hexToBytes(coinbase) }),
  }
}

function formatBuilt({ block, anchorBlock, messages }: BlockWithMessages): BuiltBlock {
  const { header, transactions } = block
  return {
    number: toQuantity(header.number),
    hash: toData(block.hash),
    parentHash: toData(header.parentHash),
    stateRoot: toData(header.stateRoot),
    timestamp: toQuantity(header.timestamp),
    coinbase: toData(header.coinbase),
    gasUsed: toQuantity(header.gasUsed),
    anchorBlock: toQuantity(anchorBlock),
    transactions: transactions.map((raw) => toData(keccak256(raw))),
    messages: messages.map(({ index }) => toQuantity(index)),
  }
}

function formatRewound({ head, removed, transactions }: RollupRewound): Rewound {
  const point = ({ number, hash: blockHash }: RollupRewound['head']) => ({
    number: toQuantity(number),
    hash: blockHash,
  })
  return { head: point(head), removed: removed.map(point), transactions: [...transactions] }
}
