/**
 * What a user of the devnet waits for: its start, also inside a process that has started one before, a deposit until it
 * shows on L2, and a whole round trip until the claim on L1. The command is spawned as a user does it; everything goes
 * through viem over HTTP. Median of 5 each; the exit code says whether the limits hold.
 */
import { parseEther } from 'viem'
import { createDevnet } from '../bin/createDevnet.ts'
import { DEV_ADDRESSES } from '../genesis/accounts.ts'
import { machine, spreadOf } from '../load/statistics.ts'
import {
  type BenchClient,
  claimable,
  createBenchClient,
  deposit,
  succeeded,
  until,
  withdraw,
} from './support/bridge.ts'
import { type BenchNode, startBenchNode } from './support/nodeProcess.ts'
import { measureStarts, requireBelow, spreadLine } from './support/startTimes.ts'

const RUNS = 5
const DEPOSIT = parseEther('1')
const WITHDRAWAL = parseEther('0.4')

type RoundTrip = { depositVisible: number; settled: number; whole: number }

/** Times from the moment the deposit is sent: balance on L2 is there; withdrawal is settled; claim is in an L1 block. */
async function roundTrip(node: BenchNode, l1: BenchClient, l2: BenchClient): Promise<RoundTrip> {
  const { deployment } = node
  const user = l2.account.address
  const before = await l2.reader.getBalance({ address: user })
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  await deposit(l1, deployment, user, DEPOSIT)
  await until('the deposit on L2', async () =>
    (await l2.reader.getBalance({ address: user })) >= before + DEPOSIT ? true : undefined,
  )
  const depositVisible = elapsed()
  const recipient = DEV_ADDRESSES[5]
  const receivedBefore = await l1.reader.getBalance({ address: recipient })
  const hash = await withdraw(l2, deployment, recipient, WITHDRAWAL)
  await succeeded(l2, hash)
  const claim = await claimable(l2, hash)
  const settled = elapsed()
  await succeeded(l1, await l1.wallet.sendTransaction({ to: claim.to, data: claim.calldata }))
  const whole = elapsed()
  const received = (await l1.reader.getBalance({ address: recipient })) - receivedBefore
  if (received !== WITHDRAWAL) throw new Error(`the claim paid ${received} wei instead of ${WITHDRAWAL}`)
  return { depositVisible, settled, whole }
}

/** Each run on a devnet of its own: the first round trip is the one that a user sees. */
async function measureRoundTrips(): Promise<RoundTrip[]> {
  const trips: RoundTrip[] = []
  for (let run = 0; run < RUNS; run++) {
    const node = await startBenchNode()
    const l1 = createBenchClient(node.l1Url, node.deployment.l1ChainId, 1)
    const l2 = createBenchClient(node.l2Url, node.deployment.l2ChainId, 1)
    trips.push(await roundTrip(node, l1, l2))
    await node.stop()
  }
  return trips
}

/** `createDevnet` in this process until a client could use it; the first one loads and compiles everything, and is left out. */
async function measureWarmStarts(): Promise<number[]> {
  const times: number[] = []
  for (let run = 0; run <= RUNS; run++) {
    const startedAt = performance.now()
    const devnet = await createDevnet()
    times.push(performance.now() - startedAt)
    await devnet.close()
  }
  return times.slice(1)
}

const starts = await measureStarts(RUNS)
const warmStarts = await measureWarmStarts()
const trips = await measureRoundTrips()
console.log(machine())
console.log(spreadLine('start to the first answer of L1', starts.l1Answer))
console.log(spreadLine('start to the first answer of L2', starts.l2Answer))
requireBelow('start to the ready line', starts.ready, 3_000)
console.log(spreadLine('deposit to settled withdrawal', spreadOf(trips.map(({ settled }) => settled))))
requireBelow('warm start in a process (createDevnet)', spreadOf(warmStarts), 1_000)
requireBelow('deposit visible on L2', spreadOf(trips.map(({ depositVisible }) => depositVisible)), 2_000)
requireBelow('round trip deposit, withdrawal, settlement, claim', spreadOf(trips.map(({ whole }) => whole)), 10_000)
