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
import { type Chains, claimRest, emptyLedger, type Ledger, type LoadParts, sendAll, startLoad } from './load.ts'
import { type NodeProcess, readyUrls, startProcess } from './process.ts'

const FULL = process.env.REENACT_FULL === '1'
const ROUNDS = FULL ? 20 : 4
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

/** Starts the devnet on its data; now and then it is killed while it starts, which may not hurt either. */
async function begin(dataDir: string, random: Random): Promise<Life> {
  const argv = ['--l1-port', '0', '--l2-port', '0', '--data-dir', dataDir, '--json', '--log-level', 'warn']
  while (random.oneIn(3)) {
    const stillborn = startProcess(argv)
    running = stillborn
    await moment(random, 900)
    stillborn.child.kill('SIGKILL')
    await stillborn.ended
    expect(errorLines(stillborn.errors())).toEqual([])
  }
  const node = startProcess(argv)
  running = node
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
  let reached = () => {}
  const enoughSeen = new Promise<void>((resolve) => {
    reached = resolve
  })
  const onReceipt = () => {
    if (ledger.receipts.length >= enough) reached()
  }
  const load = startLoad({ ...loadParts(life, ledger, random), onReceipt })
  await Promise.race([enoughSeen, load.over])
  await moment(random, 60)
  life.node.child.kill('SIGKILL')
  await life.node.ended
  await load.over
  expect(errorLines(life.node.errors())).toEqual([])
}

/** Not to wait for anything: to strike somewhere else each time. */
function moment(random: Random, belowMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, random.int(belowMs)))
}

function loadParts({ chains, deployment }: Life, ledger: Ledger, random: Random): LoadParts {
  return { chains, deployment, ledger, random, onReceipt: () => undefined }
}

function summary({ receipts, deposits, withdrawals }: Ledger): string {
  const l1 = receipts.filter(({ layer }) => layer === 'l1').length
  return `${l1} receipts on L1, ${receipts.length - l1} on L2, ${deposits.length} deposits, ${withdrawals.length} withdrawals`
}
