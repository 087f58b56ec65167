import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { executeBlock } from '../../execution/executeBlock.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import { decodeBlock } from '../../stateless/header.ts'
import type { Block } from '../../stateless/types.ts'
import { createMemoryChain, cryptoOnce, silentLogger } from './support.ts'

const FOLDER = '../shared/conformance/execution-apis'

/** chain.rlp is one block after the other without a list around them. */
function readChain(): Block[] {
  const bytes = new Uint8Array(readFileSync(`${FOLDER}/chain.rlp`))
  const blocks: Block[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0
    const lengthBytes = first - 0xf7
    let length = 0
    for (let i = 1; i <= lengthBytes; i++) length = length * 256 + (bytes[at + i] ?? 0)
    const end = at + 1 + lengthBytes + length
    blocks.push(decodeBlock(bytes.subarray(at, end)))
    at = end
  }
  return blocks
}

describe.skipIf(!existsSync(FOLDER))(
  'a real chain through all forks (skipped where ../shared/conformance is absent)',
  () => {
    test('every block from Frontier to Osaka executes to its header', async () => {
      const crypto = await cryptoOnce
      const json = JSON.parse(readFileSync(`${FOLDER}/genesis.json`, 'utf8'))
      const spec = createChainSpec(json.config, { crypto }, { difficulty: BigInt(json.difficulty) })
      const chain = createMemoryChain()
      const genesis = genesisBlock(json, spec)
      chain.write({ nodes: genesis.commit.nodes, codes: genesis.changes.codes })
      chain.append(genesis.block)
      let parent = genesis.block
      const ancestors = [parent]
      const forks = new Set<string>()
      for (const block of readChain()) {
        const outcome = await executeBlock(
          {
            parent: parent.header,
            block,
            state: chain.view(parent.header.stateRoot),
            blockHash: chain.blockHash,
            ancestors: () => ancestors,
          },
          { spec, crypto, logger: silentLogger },
        ).catch((error) => {
          throw new Error(
            `block ${block.header.number} (${spec.forkAt(block.header)}): ${error.code} ${error.message}`,
            {
              cause: error,
            },
          )
        })
        chain.write({ nodes: outcome.nodes, codes: outcome.changes.codes })
        chain.append(block)
        ancestors.unshift(block)
        forks.add(spec.forkAt(block.header))
        parent = block
      }
      expect(parent.header.number).toBeGreaterThan(40n)
      expect([...forks]).toEqual(
        expect.arrayContaining(['homestead', 'byzantium', 'london', 'paris', 'cancun', 'osaka']),
      )
    })
  },
)
