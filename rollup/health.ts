import { type Abi, decodeFunctionResult, encodeFunctionData } from 'viem'
import type { Clock } from '../node/types.ts'
import { within } from '../node/within.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { l1MessengerAbi, nativeRollupAbi } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L2Node } from './l2Node.ts'

type Hex = `0x${string}`

/** One thing that was looked at, and what was seen. */
export type HealthCheck = { name: HealthCheckName; ok: boolean; detail: string }
export const HEALTH_CHECKS = ['l1', 'sealing', 'settlement', 'escrow', 'consistency'] as const
export type HealthCheckName = (typeof HEALTH_CHECKS)[number]

type Verdict = Omit<HealthCheck, 'name'>

/** So many failed seals in a row are no accident. */
export const MAX_SEALING_FAILURES = 3
/** A failed settlement is tried again; after this long, seconds, it is no hiccup. */
const MAX_FAILING_SECONDS = 60n
const MAX_WAIT_MS = 2_000

/** Looks at everything that a rollup's node should keep true. Asks L1; whatever does not answer soon has failed. */
export async function checkHealth(node: L2Node, clock: Clock): Promise<readonly HealthCheck[]> {
  const looks: Record<HealthCheckName, () => Verdict | Promise<Verdict>> = {
    l1: () => lookAtL1(node),
    sealing: () => lookAtSealing(node),
    settlement: () => lookAtSettlement(node, clock),
    escrow: () => lookAtEscrow(node),
    consistency: () => lookAtConsistency(node),
  }
  return Promise.all(HEALTH_CHECKS.map(async (name) => ({ name, ...(await judge(looks[name])) })))
}

async function judge(look: () => Verdict | Promise<Verdict>): Promise<Verdict> {
  try {
    const verdict = await within(Promise.resolve(look()), MAX_WAIT_MS)
    return verdict ?? { ok: false, detail: `no answer within ${MAX_WAIT_MS / 1000} s` }
  } catch (error) {
    if (!(error instanceof RollupError)) throw error
    return { ok: false, detail: error.message }
  }
}

async function lookAtL1({ watcher }: L2Node): Promise<Verdict> {
  await watcher.step()
  return { ok: true, detail: `read up to L1 block ${watcher.head().number}` }
}

function lookAtSealing({ sealer, sequencer }: L2Node): Verdict {
  const { failures, mode } = sealer
  if (failures >= MAX_SEALING_FAILURES) return { ok: false, detail: `the last ${failures} seals failed` }
  return { ok: true, detail: sequencer.status().reason ?? `seals in mode ${mode.kind}` }
}

function lookAtSettlement({ chain, watcher, settler }: L2Node, clock: Clock): Verdict {
  const settled = watcher.settledHead()?.number ?? 0n
  const oldest = chain.getHeaderByNumber(settled + 1n)
  if (oldest === undefined) return { ok: true, detail: 'every block is settled' }
  const waited = BigInt(Math.floor(clock.nowMs() / 1000)) - oldest.timestamp
  const waiting = `${chain.head().header.number - settled} blocks wait, the oldest for ${waited} s`
  const { active, lastError } = settler.status()
  if (!active) return { ok: true, detail: `this node does not settle; ${waiting}` }
  if (lastError !== undefined && waited > MAX_FAILING_SECONDS) return { ok: false, detail: `${waiting}: ${lastError}` }
  // later than this the rollup is open to anybody
  const limit = BigInt(watcher.deployment.parameters.sequencerTimeout)
  return { ok: limit === 0n || waited < limit, detail: waiting }
}

/** What the messenger on L1 holds against what L2 may still take out of it. */
async function lookAtEscrow({ l1, watcher }: L2Node): Promise<Verdict> {
  const { messenger } = watcher.deployment.l1
  const at = watcher.head().number
  const read = (functionName: string) => readNumber(l1, { abi: l1MessengerAbi, address: messenger, functionName, at })
  const [backing, totalIn, totalOut, held] = await Promise.all([
    read('BACKING'),
    read('totalIn'),
    read('totalOut'),
    l1.getBalance(messenger, at),
  ])
  const owed = backing + totalIn - totalOut
  return { ok: held >= owed, detail: `holds ${held} wei, owes ${owed} wei` }
}

/** The head of the contract, of the records of L1 and of this chain must be one block. */
async function lookAtConsistency({ l1, chain, watcher, derivation }: L2Node): Promise<Verdict> {
  const { number: at } = watcher.head()
  const settled = watcher.settledHead() ?? { number: 0n, hash: toHex(chain.genesis.hash) }
  const { rollup } = watcher.deployment.l1
  const data = encodeFunctionData({ abi: nativeRollupAbi, functionName: 'headHash' })
  const onL1 = await l1.call(rollup, data, at)
  if (watcher.head().number !== at) return { ok: true, detail: `L1 moved on from block ${at} meanwhile` }
  const where = `L2 block ${settled.number}`
  if (onL1 !== settled.hash) {
    return { ok: false, detail: `${where} is recorded as ${settled.hash}, the contract has ${onL1} as its head` }
  }
  const own = chain.getHashByNumber(settled.number)
  if (own === undefined) {
    const { lastError } = derivation()
    return { ok: false, detail: lastError ?? `${where} is settled, and this chain does not have it yet` }
  }
  if (toHex(own) === settled.hash) return { ok: true, detail: `${where} is the same on both chains` }
  return { ok: false, detail: `${where} is ${toHex(own)} here and ${settled.hash} on L1` }
}

async function readNumber(
  l1: L2Node['l1'],
  { abi, address, functionName, at }: { abi: Abi; address: Hex; functionName: string; at: bigint },
): Promise<bigint> {
  const data = await l1.call(address, encodeFunctionData({ abi, functionName }), at)
  try {
    return BigInt(decodeFunctionResult({ abi, functionName, data }) as bigint)
  } catch (error) {
    throw new RollupError('BAD_L1_DATA', `${functionName} of ${address} does not decode`, {}, error)
  }
}

const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
