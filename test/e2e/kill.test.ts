import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import { createRandom, type Random } from '../../scripts/fixtures/random.ts'
import { checkAccounts, checkBridge, checkReceipts, errorLines, quiet } from './afterwards.ts'
import { accessTo, blockAt } from './chainAccess.ts'
import { encodeFunctionData, until } from './clients.ts'
import { writeGenesis } from './lives.ts'
import { type Chains, claimRest, emptyLedger, type Ledger, type LoadParts, sendAll, startLoad } from './load.ts'
import { type NodeProcess, readyUrls, startProcess } from './process.ts'

const FULL = process.env.REENACT_FULL === '1'
const ROUNDS = FULL ? 20 : 4
const REBUILDS = FULL ? 8 : 2
const SEED = 20_260_807

type Life = { node: NodeProcess; chains: Chains; deployment: RollupDeployment }

let running: NodeProcess | undefined
afterEach(async () => {
  running?.child.kill('SIGKILL')
  await running?.ended
})

it(
  `kill -9 while sealing, ${ROUNDS} times: nothing that had a receipt is lost, and everything goes on`,
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'reenact-kill-'))
    const random = createRandom(SEED)
    const ledger = emptyLedger()
    try {
      for (let round = 1; round <= ROUNDS; round++) {
        const life = await begin(dataDir, random)
        await checkReceipts(life.chains, ledger)
        await goesOn(life, ledger, random)
        await killUnderLoad(life, ledger, random)
      }
      const life = await begin(dataDir, random)
      await checkReceipts(life.chains, ledger)
      await goesOn(life, ledger, random)
      await claimRest(loadParts(life, ledger, random))
      await quiet(life.chains)
      await checkReceipts(life.chains, ledger)
      await checkBridge(life.chains, life.deployment, ledger)
      await checkAccounts(life.chains, ledger)
      expect(errorLines(life.node.errors())).toEqual([])
      life.node.child.kill('SIGTERM')
      expect(await life.node.ended).toBe(0)
      console.log(`${ROUNDS} kills: ${summary(ledger)}`)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  },
  FULL ? 900_000 : 180_000,
)

it(
  `kill -9 while blocks are built again, ${REBUILDS} times: every transaction has a receipt in the end`,
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'reenact-kill-'))
    const random = createRandom(SEED + 1)
    const ledger = emptyLedger()
    const maxAnchorAge = 70
    try {
      await writeGenesis(dataDir, { maxAnchorAge })
      for (let round = 0; round < REBUILDS; round++) {
        // nothing settles, while L1 moves on until the anchors of the first blocks are too old
        const idle = await begin(dataDir, random, ['--no-settle'])
        await loadUntil(idle, ledger, random, async () => {
          const { number } = await blockAt(idle.chains.l1, 'latest')
          return BigInt(number) > BigInt((round + 1) * (maxAnchorAge + 40)) ? true : undefined
        })
        await kill(idle.node)
        const logs: (() => string)[] = []
        for (let strike = 0; strike < 3; strike++) {
          const rebuilding = spawn(dataDir, [])
          logs.push(rebuilding.errors)
          await Promise.race([moment(random, 1_200), rebuilding.ended])
          await kill(rebuilding)
        }
        const life = await begin(dataDir, random)
        logs.push(life.node.errors)
        expect(logs.map((log) => log()).join('')).toContain('unsettled L2 blocks are built again')
        await checkReceipts(life.chains, ledger)
        await goesOn(life, ledger, random)
        await stop(life.node)
      }
      const life = await begin(dataDir, random)
      await claimRest(loadParts(life, ledger, random))
      await quiet(life.chains)
      await checkReceipts(life.chains, ledger)
      await checkBridge(life.chains, life.deployment, ledger)
      await checkAccounts(life.chains, ledger)
      await stop(life.node)
      console.log(`${3 * REBUILDS} kills: ${summary(ledger)}`)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  },
  FULL ? 900_000 : 180_000,
)

function spawn(dataDir: string, flags: readonly string[]): NodeProcess {
  const ports = ['--l1-port', '0', '--l2-port', '0']
  running = startProcess([...ports, '--data-dir', dataDir, '--json', '--log-level', 'warn', ...flags])
  return running
}

async function kill(node: NodeProcess): Promise<void> {
  node.child.kill('SIGKILL')
  expect(await node.ended).toBe('SIGKILL')
  expect(errorLines(node.errors())).toEqual([])
}

async function stop(node: NodeProcess): Promise<void> {
  node.child.kill('SIGTERM')
  expect(await node.ended).toBe(0)
  expect(errorLines(node.errors())).toEqual([])
}

/** Starts the devnet on its data; now and then it is killed while it starts, which may not hurt either. */
async function begin(dataDir: string, random: Random, flags: readonly string[] = []): Promise<Life> {
  while (random.oneIn(3)) {
    const stillborn = spawn(dataDir, flags)
    await moment(random, 900)
    await kill(stillborn)
  }
  const node = spawn(dataDir, flags)
  const urls = readyUrls(await node.line('ready '))
  const { rollups } = JSON.parse(await node.line('{'))
  return { node, chains: { l1: accessTo(urls.l1), l2: accessTo(urls.l2) }, deployment: rollups[0].deployment }
}

/** A transaction on each chain is included, and the L2 one settles. */
async function goesOn(life: Life, ledger: Ledger, random: Random): Promise<void> {
  const { chains, deployment } = life
  const parts = loadParts(life, ledger, random)
  const to = '0x000000000000000000000000000000000000dEaD'
  await sendAll(parts, 'l1', 7, [{ to, value: 1n, gas: 300_000n }])
  await sendAll(parts, 'l2', 7, [{ to, value: 1n, gas: 300_000n }])
  const sent = ledger.receipts.at(-1)
  const settled = await until('settlement to go on', async () => {
    const { number } = await blockAt(chains.l2, 'safe')
    return BigInt(number) >= BigInt(sent?.receipt.blockNumber ?? 0) ? number : undefined
  })
  const data = encodeFunctionData({ abi: nativeRollup.abi, functionName: 'headNumber' })
  const head = await chains.l1.call<string>('eth_call', [{ to: deployment.l1.rollup, data }, 'latest'])
  expect(BigInt(head)).toBeGreaterThanOrEqual(BigInt(settled))
}

/** Lets the load run until a random number of receipts, and strikes at a random moment after it. */
async function killUnderLoad(life: Life, ledger: Ledger, random: Random): Promise<void> {
  const enough = ledger.receipts.length + 20 + random.int(40)
  const load = startLoad(loadParts(life, ledger, random))
  await Promise.race([
    until('enough receipts', async () => (ledger.receipts.length >= enough ? true : undefined), 60_000),
    load.over,
  ])
  await moment(random, 60)
  await kill(life.node)
  await load.over
}

/** Lets the load run until something has come about. */
async function loadUntil(life: Life, ledger: Ledger, random: Random, check: () => Promise<true | undefined>) {
  const load = startLoad(loadParts(life, ledger, random))
  await until('the load to have done enough', check, 120_000)
  load.stop()
  await load.over
}

/** Not to wait for anything: to strike somewhere else each time. */
function moment(random: Random, belowMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, random.int(belowMs)))
}

function loadParts({ chains, deployment }: Life, ledger: Ledger, random: Random): LoadParts {
  return { chains, deployment, ledger, random }
}

function summary({ receipts, deposits, withdrawals }: Ledger): string {
  const l1 = receipts.filter(({ layer }) => layer === 'l1').length
  return `${l1} receipts on L1, ${receipts.length - l1} on L2, ${deposits.length} deposits, ${withdrawals.length} withdrawals`
}
