import { join } from 'node:path'
import { http } from 'viem'
import { TransactionRejected } from '../execution/errors.ts'
import type { Transaction } from '../execution/types.ts'
import { devAccount } from '../genesis/accounts.ts'
import { systemClock, systemTimers } from '../node/clock.ts'
import type { Chain } from '../node/types.ts'
import { type Advanced, type AdvancedTransaction, advanceOnce, requireOpen } from '../rollup/advance.ts'
import { createL1Client } from '../rollup/l1/l1Client.ts'
import { requireSettleable } from '../rollup/limits.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import type { AdvanceOptions } from './commands.ts'
import { createEngines } from './engines.ts'
import { accountFrom, type Environment } from './keys.ts'
import { UsageError } from './options.ts'
import { openRollupGenesis } from './rollupGenesis.ts'
import { openRollup } from './rollupNode.ts'
import { processLogger } from './settings.ts'

/** Dev account that pays where no key is given, on a devnet only. */
const PAYER = 9

/**
 * `reenact advance`: the way out when the sequencer is gone or leaves transactions out. Rebuilds L2 from L1, makes the next
 * block with the given transactions and settles it with the key REENACT_KEY, if the contract lets anyone do that now. Claims
 * of L1 messages are paid on L2 by REENACT_RELAYER_KEY, by default the same key. Exit 1 when a transaction was left out.
 */
export async function runAdvance(options: AdvanceOptions, env: Environment): Promise<number> {
  const logger = processLogger(options)
  const engines = await createEngines(logger, { paths: options.engine })
  const l1 = createL1Client(http(options.l1, { retryCount: 2, timeout: 10_000 }))
  const address = options.rollup as `0x${string}`
  const { genesis, deployment } = await openRollupGenesis(l1, engines, { ...options, rollup: address })
  const settler = accountFrom('REENACT_KEY', env, deployment.l1ChainId, () => devAccount(PAYER))
  const relayer = env.REENACT_RELAYER_KEY
    ? accountFrom('REENACT_RELAYER_KEY', env, deployment.l1ChainId, () => settler)
    : settler
  await requireOpen(l1, { deployment, clock: systemClock }, settler.address)
  const leftOut = new Map<string, string>()
  const rollup = await openRollup(
    {
      genesis,
      deployment,
      sealMode: { kind: 'manual' },
      settle: false,
      guest: { onLeftOut: ({ hash }, reason) => leftOut.set(bytesToHex(hash), reason) },
      l1BlockTime: 0,
      ...(options['data-dir'] === undefined ? {} : { chainDir: join(options['data-dir'], 'l2') }),
    },
    { engines, l1: options.l1, accounts: { settler, relayer }, clock: systemClock, timers: systemTimers, logger },
  )
  try {
    const transactions = options.tx.map((raw, index) => decode(rollup.node.chain, raw, index))
    await rollup.node.start()
    const advanced = await advanceOnce(rollup.node, transactions, leftOut)
    if (options.json) console.log(JSON.stringify(advanced, jsonValue))
    else console.log(lines(advanced, deployment.l2ChainId).join('\n'))
    return advanced.transactions.some((tx) => 'leftOut' in tx) ? 1 : 0
  } finally {
    await rollup.close()
    await engines.close()
  }
}

/** What no block could ever hold is told before anything is read or sent. */
function decode({ engine, genesis, chainId }: Chain, raw: string, index: number): Transaction {
  try {
    const tx = engine.decodeTransaction(hexToBytes(raw), genesis.header)
    requireSettleable(tx)
    return tx
  } catch (error) {
    if (!(error instanceof TransactionRejected)) throw error
    throw new UsageError('BAD_VALUE', `--tx ${index + 1} (for L2 chain id ${chainId}): ${error.message}`)
  }
}

function lines({ blocks, l1Transactions, transactions }: Advanced, l2ChainId: number): string[] {
  const count = blocks.length === 1 ? '1 block' : `${blocks.length} blocks`
  return [
    `settled ${count} of L2 chain ${l2ChainId} in L1 transaction${l1Transactions.length === 1 ? '' : 's'} ${l1Transactions.join(', ')}`,
    ...blocks.map(({ number, hash, transactions: inside }) => `  block ${number} ${hash}, ${inside} transactions`),
    ...transactions.flatMap(transactionLines),
  ]
}

function transactionLines(tx: AdvancedTransaction): string[] {
  if ('leftOut' in tx) return [`  ${tx.hash} was left out: ${tx.leftOut}`]
  return [
    `  ${tx.hash} is in block ${tx.block} and ${tx.succeeded ? 'succeeded' : 'failed'}`,
    ...tx.withdrawals.map(({ message, status, readyAt }) => {
      const at = readyAt === undefined ? '' : ` until ${new Date(Number(readyAt) * 1_000).toISOString()}`
      const how = status === 'ready-to-claim' ? '; --json prints its calldata' : ''
      return `    withdrawal ${message.index} to ${message.to}: ${status}${at}${how}`
    }),
  ]
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value
}
