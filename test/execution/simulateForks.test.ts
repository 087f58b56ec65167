import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import type { CallRequest, Transaction } from '../../execution/types.ts'
import { openChain } from '../../node/chain.ts'
import { importChain } from '../../node/importChain.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import type { Chain } from '../../node/types.ts'
import { devEngine } from '../node/support/devChain.ts'

const FOLDER = new URL('../../../shared/conformance/execution-apis/', import.meta.url)

const MOST_TRANSACTIONS = process.env.REENACT_FULL === '1' ? Number.POSITIVE_INFINITY : 20

/** What only a miner decides, and what signatures are part of. */
const NOT_SIMULATED = ['transactionsRoot', 'extraData', 'nonce'] as const

describe.skipIf(!existsSync(FOLDER))(
  'every fork from Frontier to BPO2 (skipped where ../shared/conformance is absent)',
  () => {
    let chain: Chain
    beforeAll(async () => {
      const json: GenesisJson = JSON.parse(readFileSync(new URL('genesis.json', FOLDER), 'utf8'))
      const { engine, genesis } = await devEngine(json)
      chain = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
      await importChain(chain, new Uint8Array(readFileSync(new URL('chain.rlp', FOLDER))))
    })

    test('a simulation of the transactions of a block is that block', async () => {
      const { engine } = chain
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
    })

    test('a call without a price runs in every block, and in one simulated on it', async () => {
      const { engine } = chain
      for (let number = 0n; number <= chain.head().header.number; number++) {
        const base = chain.getBlockByNumber(number)?.block
        if (base === undefined) throw new Error(`no block ${number}`)
        const { header } = base
        const blockHash = chain.ancestorHashes(base)
        const call = { to: new Uint8Array(20).fill(1) }
        const outcome = await engine.call(call, { header, state: chain.stateAt(header.stateRoot), blockHash })
        expect(outcome, `block ${number}`).toMatchObject({ status: 'success', gasUsed: 21_000n })
        const [simulated] = await engine.simulate({
          base,
          nodes: chain.nodes,
          blockHash,
          blocks: [{ calls: [call] }],
          traceTransfers: true,
          validation: false,
          gasCap: 50_000_000n,
        })
        expect(simulated?.calls[0], `on block ${number}`).toMatchObject({ status: 'success', gasUsed: 21_000n })
      }
    })
  },
)

function callOf(tx: Transaction): CallRequest {
  const { sender, gasLimit, raw, hash, type, chainId, v, r, s, accessList, ...same } = tx
  return { ...same, from: sender, gas: gasLimit, ...(type === 0 || accessList === undefined ? {} : { accessList }) }
}
