import { ask, askMany } from './ask.ts'
import { type Call, type Sender, sendAll, signAll } from './sender.ts'
import type { ChainTarget, Hex, Layer, Sent, Target, TrafficKind } from './types.ts'
import { pause } from './wait.ts'
import type { ChainWatch } from './watch.ts'
import { CLAIM_GAS, isWork, messageCall, type Place, workCall } from './work.ts'

export type Side = { readonly place: Place; readonly watch: ChainWatch }
export type Sides = Readonly<Record<Layer, Side>>

/** Shares of the rate, on each chain. Bursts when there is no rate. */
const MIX: readonly { kind: TrafficKind; share: number; burst: number; senders: readonly number[] }[] = [
  { kind: 'transfer', share: 8, burst: 24, senders: [0, 1, 2, 3] },
  { kind: 'erc20', share: 6, burst: 18, senders: [4, 5, 6, 7] },
  { kind: 'storage', share: 3, burst: 9, senders: [8, 9] },
  { kind: 'compute', share: 1, burst: 3, senders: [10, 11] },
  { kind: 'deployment', share: 1, burst: 2, senders: [12, 13] },
]
const MESSAGES = { share: 1, burst: 2, sender: 14 }
const CLAIMER = 15
/** With a rate, what is sent at once is what is due in this time. */
const TICK_MS = 50
/** A worker that has so many transactions in no block waits, whatever the rate. */
const MAX_WAITING = 200
/** After a pause of the whole process, at most this much is made up for. */
const MAX_BEHIND_MS = 1_000
const CLAIM_EVERY_MS = 200
const CLAIMS_AT_ONCE = 10

export type Traffic = {
  /** whose deposits and withdrawals these are */
  readonly owner: Hex
  readonly sent: readonly Sent[]
  /** until the signal is aborted; rejects when a node refuses what it should take */
  run(signal: AbortSignal): Promise<void>
  /** claims on L1 what is ready, until the signal is aborted */
  claim(signal: AbortSignal): Promise<void>
}

type Worker = { side: Side; kind: TrafficKind; share: number; burst: number; senders: readonly Sender[] }

/** Mixed traffic on both chains. `rate`: transactions per second in all, 0 for as many as get into blocks. */
export function createTraffic(target: Target, sides: Sides, rate: number): Traffic {
  const sent: Sent[] = []
  const workers = [...workersOf(sides.l1, 'deposit'), ...workersOf(sides.l2, 'withdrawal')]
  const shares = workers.reduce((sum, { share }) => sum + share, 0)

  async function send({ side, kind }: Pick<Worker, 'side' | 'kind'>, sender: Sender, calls: readonly Call[]) {
    const { chain } = side.place
    const signed = await signAll(sender, calls)
    const sentAt = performance.now()
    const all = signed.map(({ hash }): Sent => ({ layer: chain.layer, kind, hash, sentAt }))
    for (const one of all) side.watch.expect(one)
    sent.push(...all)
    await sendAll(chain.url, signed)
    return all
  }

  async function drive(worker: Worker, signal: AbortSignal): Promise<void> {
    const { side, senders } = worker
    const perMs = (rate * worker.share) / shares / 1_000
    const size = rate === 0 ? worker.burst : Math.max(1, Math.round(perMs * TICK_MS))
    let waiting: Sent[] = []
    let due = performance.now()
    for (let turn = 0, n = 0; !signal.aborted; turn++) {
      const sender = senders[turn % senders.length]
      if (sender === undefined) throw new Error('a worker needs accounts')
      const calls = Array.from({ length: size }, () => callOf(worker, target, n++))
      waiting.push(...(await send({ side, kind: worker.kind }, sender, calls)))
      if (rate > 0) {
        due = Math.max(due + size / perMs, performance.now() - MAX_BEHIND_MS)
        await pause(Math.max(0, due - performance.now()), signal)
      }
      const most = rate === 0 ? 0 : MAX_WAITING
      do {
        waiting = waiting.filter(({ seenAt }) => seenAt === undefined)
        if (waiting.length > most) await pause(TICK_MS / 2, signal)
      } while (waiting.length > most && !signal.aborted)
    }
  }

  const { address: owner } = requireSender(sides.l2, MESSAGES.sender)
  return {
    owner,
    sent,
    async run(signal) {
      await Promise.all(workers.map((worker) => drive(worker, signal)))
    },
    async claim(signal) {
      const claimer = requireSender(sides.l1, CLAIMER)
      const asked = new Set<Hex>()
      while (!signal.aborted) {
        const calls = await readyClaims(target.l2, owner, asked)
        if (calls.length > 0) await send({ side: sides.l1, kind: 'claim' }, claimer, calls)
        await pause(CLAIM_EVERY_MS, signal)
      }
    },
  }
}

function workersOf(side: Side, message: 'deposit' | 'withdrawal'): Worker[] {
  const messenger = requireSender(side, MESSAGES.sender)
  return [
    ...MIX.map(({ senders, ...mix }) => ({
      side,
      ...mix,
      senders: senders.map((index) => requireSender(side, index)),
    })),
    { side, kind: message, share: MESSAGES.share, burst: MESSAGES.burst, senders: [messenger] },
  ]
}

function callOf({ side, kind, senders }: Worker, target: Target, n: number): Call {
  const { place } = side
  if (isWork(kind)) return { ...workCall(kind, n, place), gas: place.gas[kind] }
  const [owner] = senders
  if (owner === undefined) throw new Error('a worker needs accounts')
  return messageCall(place.chain.layer, owner.address, target)
}

type Listed = { id: Hex }
type Proof = { to: Hex; calldata: Hex }

/** Claims of the owner's withdrawals that are ready and were not asked for before. */
async function readyClaims(l2: ChainTarget, owner: Hex, asked: Set<Hex>): Promise<Call[]> {
  const filter = { address: owner, status: 'ready-to-claim' }
  const listed = await ask<Listed[]>(l2.url, 'rollup_getWithdrawals', [filter])
  const ids = listed.flatMap(({ id }) => (asked.has(id) ? [] : [id])).slice(0, CLAIMS_AT_ONCE)
  const proofs = await askMany<Proof>(
    l2.url,
    'rollup_getWithdrawalProof',
    ids.map((id) => [id]),
  )
  for (const id of ids) asked.add(id)
  return proofs.map(({ to, calldata }) => ({ to, data: calldata, gas: CLAIM_GAS }))
}

function requireSender({ place }: Side, index: number): Sender {
  const sender = place.senders[index]
  if (sender === undefined) throw new Error(`a load needs ${index + 1} accounts`)
  return sender
}
