import { rmSync, writeFileSync } from 'node:fs'
import { formatEther, http, type LocalAccount, parseEther, zeroAddress } from 'viem'
import { genesisBlock } from '../execution/genesisBlock.ts'
import type { GenesisJson } from '../execution/genesisJson.ts'
import { devAccount, settlerOfChain } from '../genesis/accounts.ts'
import { devnetBalances } from '../genesis/l2Genesis.ts'
import { FIRST_L2_CHAIN_ID, L1_CHAIN_ID } from '../genesis/parameters.ts'
import { createLogger } from '../node/logger.ts'
import { createRollup, type NewRollup, planRollup, type RollupPlan } from '../rollup/createRollup.ts'
import { RollupError } from '../rollup/errors.ts'
import { createL1Client, type L1Client } from '../rollup/l1/l1Client.ts'
import { sendAndWait } from '../rollup/l1/l1Transaction.ts'
import type { RollupOptions } from './commands.ts'
import { createEngines } from './engines.ts'
import { accountFrom, type Environment } from './keys.ts'
import { UsageError } from './options.ts'

type Hex = `0x${string}`

/** ETH of each funded account of L2, where nothing is said */
const BALANCE = { devnet: '10', elsewhere: '1' } as const
/** What a settler of a devnet gets from the creator when it has less than the second. */
const SETTLER_FUNDS = parseEther('10')
const SETTLER_MINIMUM = parseEther('1')
/** A transfer that opens an account costs 204,600 under Amsterdam. */
const TRANSFER_GAS = 300_000n
/** Dev account that creates rollups: not one that examples use, whose nonces others count. */
const CREATOR = 9

/**
 * `reenact rollup create`: a further rollup on a running L1. Asks the factory for a chain id and its addresses, writes the L2
 * genesis, sends `create` and says how to run it. The key is REENACT_KEY, on the devnet's L1 a dev account by default.
 */
export async function runRollup(options: RollupOptions, env: Environment): Promise<number> {
  const logger = createLogger({ level: 'warn', json: options.json, stream: process.stderr })
  const engines = await createEngines(logger)
  const l1 = createL1Client(http(options.l1, { retryCount: 2, timeout: 10_000 }))
  const isDevnet = (await l1.chainId()) === BigInt(L1_CHAIN_ID)
  const account = accountFrom('REENACT_KEY', env, Number(await l1.chainId()), () => devAccount(CREATOR))
  const wanted = newRollup(options, account, isDevnet)
  const plan = await planRollup(l1, wanted, (genesis) => genesisBlock(genesis, engines.spec(genesis)).block)
  const path = options.out ?? `rollup-${plan.l2ChainId}.json`
  writeGenesis(path, plan.genesis)
  // Without its genesis nobody could run the rollup, so the file is there first.
  const created = await createRollup(l1, account, plan).catch((error: unknown) => {
    if (wasRefused(error)) rmSync(path, { force: true })
    throw error
  })
  const funded = isDevnet && options.sequencer === undefined && (await fundSettler(l1, account, plan.sequencer))
  const { rollup, messenger, tokenBridge } = created.deployment.l1
  const command = runLine(options.l1, rollup, path, plan.l2ChainId)
  const facts = {
    l1ChainId: created.deployment.l1ChainId,
    l2ChainId: plan.l2ChainId,
    rollup,
    messenger,
    tokenBridge,
    sequencer: plan.sequencer,
    genesisHash: created.deployment.l2GenesisHash,
    genesisFile: path,
    backing: plan.backing.toString(),
    transaction: created.txHash,
    block: created.deployment.deployBlock,
    gasUsed: created.gasUsed.toString(),
    command,
  }
  if (options.json) console.log(JSON.stringify(facts))
  else console.log(lines(facts, plan, funded).join('\n'))
  return 0
}

function newRollup(options: RollupOptions, account: LocalAccount, isDevnet: boolean): NewRollup {
  const each = parseEther(options.balance ?? (isDevnet ? BALANCE.devnet : BALANCE.elsewhere))
  const byDefault = (chainId: number) => (isDevnet ? settlerOfChain(chainId).address : account.address)
  return {
    account,
    chainId: options['chain-id'],
    sequencer: (chainId) => (options.sequencer as Hex | undefined) ?? byDefault(chainId),
    // keys that everybody knows get nothing where coins may be worth something
    balances: (sequencer) =>
      isDevnet
        ? devnetBalances(each)
        : Object.fromEntries(
            [account.address, sequencer]
              .filter((address) => address !== zeroAddress)
              .map((address) => [address.toLowerCase(), each]),
          ),
    finalityDelay: options['finality-delay'],
  }
}

/** Never overwrites: the file that is there may be all that is left of another rollup's genesis. */
function writeGenesis(path: string, genesis: GenesisJson): void {
  try {
    writeFileSync(path, `${JSON.stringify(genesis, null, 2)}\n`, { flag: 'wx', flush: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const advice = code === 'EEXIST' ? 'it is there already; choose another --out' : code
    throw new UsageError('BAD_FILE', `cannot write ${path}: ${advice}`)
  }
}

/** Certain that there is no such rollup now; else the file may be needed. */
function wasRefused(error: unknown): boolean {
  if (!(error instanceof RollupError)) return false
  if (error.code === 'L1_REFUSED') return error.data.method === 'eth_sendRawTransaction'
  return error.code === 'CANNOT_CREATE'
}

async function fundSettler(l1: L1Client, account: LocalAccount, settler: Hex): Promise<boolean> {
  if ((await l1.getBalance(settler)) >= SETTLER_MINIMUM) return false
  const { succeeded } = await sendAndWait(l1, account, { to: settler, value: SETTLER_FUNDS, gas: TRANSFER_GAS })
  return succeeded
}

function runLine(l1: string, rollup: Hex, path: string, l2ChainId: number): string {
  const offset = l2ChainId - FIRST_L2_CHAIN_ID
  const port = offset > 0 && offset < 1_000 ? ` --port ${9545 + offset}` : ''
  return `reenact l2 --l1 ${l1} --rollup ${rollup} --genesis ${path}${port}`
}

type Facts = { l2ChainId: number; l1ChainId: number; transaction: Hex; block: number; gasUsed: string } & Record<
  'rollup' | 'messenger' | 'tokenBridge' | 'sequencer' | 'genesisHash' | 'genesisFile' | 'command',
  string | undefined
>

function lines(facts: Facts, plan: RollupPlan, funded: boolean): string[] {
  const where = `in transaction ${facts.transaction}, block ${facts.block}, gas ${facts.gasUsed}`
  return [
    `created rollup ${facts.l2ChainId} on L1 chain ${facts.l1ChainId} ${where}`,
    `  NativeRollup (L1)   ${facts.rollup}`,
    `  L1Messenger (L1)    ${facts.messenger}`,
    `  L1TokenBridge (L1)  ${facts.tokenBridge}`,
    `  sequencer           ${facts.sequencer === zeroAddress ? 'anyone' : facts.sequencer}${funded ? `, got ${formatEther(SETTLER_FUNDS)} ETH on L1` : ''}`,
    `  L2 genesis          ${facts.genesisFile}, hash ${facts.genesisHash}`,
    `  backing on L1       ${formatEther(plan.backing)} ETH`,
    'run it with',
    `  ${facts.command}`,
  ]
}
