import { DEV_ADDRESSES } from '../genesis/accounts.ts'
import type { AdjustableClock } from '../node/clock.ts'
import { ChainError } from '../node/errors.ts'
import type { L1Node } from '../node/l1Node.ts'
import { reorgL1 } from '../node/l1Reorg.ts'
import type { Snapshots } from '../node/snapshots.ts'
import type { StateEdits } from '../node/stateEdits.ts'
import { nowSeconds, setTime } from '../node/timeTravel.ts'
import type { Chain } from '../node/types.ts'
import type { HeldL2Node } from '../rollup/control/heldNode.ts'
import { holdAll } from '../rollup/control/holdAll.ts'
import type { L2Node } from '../rollup/l2Node.ts'
import type { DevnetControl, DevnetHeads } from '../rpc/rollup/devnet.ts'
import type { MethodTable } from '../rpc/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'

export type DevnetParts = {
  l1: L1Node
  clock: AdjustableClock
  snapshots: Snapshots
  edits: StateEdits
  /** that L1 serves */
  methods(): MethodTable
  /** all that run on this L1; throws RollupError STARTING before they do */
  rollups(): readonly L2Node[]
}

/** Both chains of a devnet as one: nothing moves on any of them while they are held. */
export function createDevnetControl(parts: DevnetParts): DevnetControl {
  const { l1, clock, snapshots, edits, rollups } = parts
  /** what takes the rollups back, by the id of the L1 snapshot that it belongs to */
  const kept = new Map<bigint, readonly (() => Promise<void>)[]>()

  function forgetLost(): void {
    const known = new Set(snapshots.list().map(({ id }) => id))
    for (const id of kept.keys()) if (!known.has(id)) kept.delete(id)
  }
  const heads = (): DevnetHeads => ({
    l1: pointOf(l1.chain),
    rollups: rollups().map(({ chain }) => ({ l2ChainId: chain.chainId, head: pointOf(chain) })),
  })
  /** The rollups before L1: each of them may be waiting for a block of L1 before it lets itself be held. */
  const hold = <Result>(signal: AbortSignal, work: (held: readonly HeldL2Node[]) => Promise<Result>): Promise<Result> =>
    holdAll(rollups(), async (held) => {
      signal.throwIfAborted()
      return work(held)
    })

  return {
    snapshot: (signal) =>
      hold(signal, (held) =>
        l1.between(async () => {
          const bringBack = held.map((node) => node.remember())
          const id = snapshots.takeNow()
          kept.set(id, bringBack)
          forgetLost()
          return id
        }),
      ),
    revert: (id, signal) =>
      hold(signal, () =>
        l1.between(async () => {
          const bringBack = kept.get(id)
          if (bringBack === undefined || !(await snapshots.revertNow(id))) return undefined
          forgetLost()
          await allOf(bringBack.map((back) => back()))
          return heads()
        }),
      ),
    reorgL1: (request, signal) =>
      hold(signal, async (held) => {
        const { change, tell } = await l1.between(async () => {
          await allOf(held.map((node) => node.readL1()))
          const ancestor = l1.chain.head().header.number - request.depth
          const tell = held.map((node) => node.noteForReorg(ancestor))
          return { change: await reorgL1(l1, request, signal), tell }
        })
        await allOf(held.map((node) => node.readL1().then(node.reconcile)))
        return { l1: change, rollups: await Promise.all(tell.map((told) => told())) }
      }),
    async setTime(target, signal) {
      await hold(signal, () =>
        l1.between(async () => {
          const heads = [l1, ...rollups()].map(({ chain }) => chain.head().header.timestamp)
          setTime(
            clock,
            'seconds' in target
              ? latest([nowSeconds(clock), ...heads]) + target.seconds
              : requireAfter(target.timestamp, latest(heads)),
          )
        }),
      )
      await l1.sealer.sealNow()
      for (const { watcher, sealer } of rollups()) {
        await watcher.step()
        await sealer.sealNow()
      }
      return heads()
    },
    async addBalance(address, value) {
      await edits.edit(address, ({ balance }) => ({ balance: balance + value }))
    },
    sendOnL1: (transaction, context) => send(parts, 'eth_sendTransaction', transaction, context),
    sendUnsignedOnL1: (transaction, context) => send(parts, 'eth_sendUnsignedTransaction', transaction, context),
  }
}

async function send(
  { methods }: DevnetParts,
  name: string,
  transaction: object,
  context: Parameters<DevnetControl['sendOnL1']>[1],
): Promise<`0x${string}`> {
  const method = methods()[name]
  if (method === undefined) throw new Error(`L1 does not serve ${name}`)
  return (await method.call([{ from: DEV_ADDRESSES[0], ...transaction }], context)) as `0x${string}`
}

/** Waits for all, also when one fails, whose error it throws then. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}

const latest = (times: readonly bigint[]): bigint => times.reduce((a, b) => (a > b ? a : b))

function requireAfter(timestamp: bigint, head: bigint): bigint {
  if (timestamp > head) return timestamp
  const message = `timestamp ${timestamp} is not after the newest head, ${head}; to go back, revert a snapshot`
  throw new ChainError('BAD_TIMESTAMP', message, { timestamp, head })
}

function pointOf(chain: Chain): DevnetHeads['l1'] {
  const { hash, header }: Block = chain.head()
  return { number: header.number, hash: `0x${bytesToHex(hash)}`, timestamp: header.timestamp }
}
