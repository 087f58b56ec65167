import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import type { CallRequest, Transaction } from '../../execution/types.ts'
import { openChain } from '../../node/chain.ts'
import { importChain } from '../../node/importChain.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { devEngine } from '../node/support/devChain.ts'

const FOLDER = new URL('../../../shared/conformance/execution-apis/', import.meta.url)

const MOST_TRANSACTIONS = process.env.REENACT_FULL === '1' ? Number.POSITIVE_INFINITY : 20

/** What only a miner decides, and what signatures are part of. */
const NOT_SIMULATED = ['transactionsRoot', 'extraData', 'nonce'] as const

test.skipIf(!existsSync(FOLDER))(
  'from Frontier to BPO2 a simulation of the transactions of a block is that block (skipped where ../shared/conformance is absent)',
  async () => {
    const json: GenesisJson = JSON.parse(readFileSync(new URL('genesis.json', FOLDER), 'utf8'))
    const { engine, genesis } = await devEngine(json)
    const chain = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
    await importChain(chain, new Uint8Array(readFileSync(new URL('chain.rlp', FOLDER))))
    const forks = new Set<string>()
    for (let number = 1n; number <= chain.head().header.number; number++) {
      const stored = chain.getBlockByNumber(number)
      const base = chain.getBlockByNumber(number - 1n)?.block
      if (stored === undefined || base === undefined) throw new Error(`no block ${number}`)
      // Uncles are paid, and nobody simulates them.
      if (stored.block.ommers.length > 0) continue
      if (stored.block.transactions.length > MOST_TRANSACTIONS) continue
      const { header, withdrawals } = stored.block
      const { parentBeaconBlockRoot } = header
      const blockOverride = {
        ...header,
        ...(parentBeaconBlockRoot === undefined ? {} : { parentBeaconBlockRoot }),
        ...(withdrawals === undefined ? {} : { withdrawals }),
      }
      const calls = chain.getTransactions(stored.block).map(callOf)
      const [simulated] = await engine.simulate({
        base,
        nodes: chain.nodes,
        blockHash: chain.ancestorHashes(base),
        blocks: [{ calls, blockOverride }],
        traceTransfers: false,
        validation: true,
        gasCap: 10n ** 9n,
      })
      const own = Object.fromEntries(NOT_SIMULATED.map((name) => [name, simulated?.block.header[name]]))
      expect(simulated?.block.header, `block ${number}`).toEqual({ ...header, ...own })
      // The header commits to the logs; they may be long.
      const gasUsed = simulated?.calls.map((call) => call.gasUsed)
      expect(gasUsed).toEqual(stored.receipts.map((receipt) => receipt.gasUsed))
      forks.add(engine.forkAt(header))
    }
    expect(forks.size).toBeGreaterThan(12)
  },
)

function callOf(tx: Transaction): CallRequest {
  const { sender, gasLimit, raw, hash, type, chainId, v, r, s, accessList, ...same } = tx
  return { ...same, from: sender, gas: gasLimit, ...(type === 0 || accessList === undefined ? {} : { accessList }) }
}
