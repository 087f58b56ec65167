import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { openChain } from '../../node/chain.ts'
import { importChain } from '../../node/importChain.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { importedTags } from '../../node/tags.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { devEngine } from './support/devChain.ts'

/** The chain of the execution-apis tests: 54 blocks through every fork from Frontier to BPO2, with uncles and blobs. */
const FOLDER = new URL('../../../shared/conformance/execution-apis/', import.meta.url)

it.skipIf(!existsSync(FOLDER))('imports a chain through all forks', async () => {
  const json: GenesisJson = JSON.parse(readFileSync(new URL('genesis.json', FOLDER), 'utf8'))
  const { engine, genesis } = await devEngine(json)
  const options = { genesis, tags: importedTags }
  const chain = await openChain(options, { store: await openStore(), engine, logger: silentLogger })
  expect(bytesToHex(chain.genesis.hash)).toBe('44fd89d504659cd58f48f4796b77a7e7012cf296a2409afa2f6c3cb99b5b3d99')
  expect(await importChain(chain, readFileSync(new URL('chain.rlp', FOLDER)))).toBe(54)
  expect(bytesToHex(chain.head().hash)).toBe('d226371d0b1551adb03fb52b71f08e3e11247fe9b1af994768af8cdaa8e7dcd7')
  expect([chain.resolveTag('safe'), chain.resolveTag('finalized')]).toEqual([54n, 54n])
  const found = [...chain.getLogs({ fromBlock: 0n, toBlock: 54n })]
  const receipts = Array.from({ length: 55 }, (_, number) => chain.getBlockByNumber(BigInt(number))?.receipts ?? [])
  expect(found).toHaveLength(receipts.flat().flatMap(({ logs }) => logs).length)
  expect(receipts[1]?.[0]?.stateRoot).toHaveLength(32)
  expect(chain.getBlockByNumber(2n)?.block.transactions).toHaveLength(59)
})
