import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bytesToBigint, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { killHard, runChild } from './support/child.ts'
import { account, addressBytes } from './support/devChain.ts'
import { openL1 } from './support/openL1.ts'

it('after kill -9 while sealing, everything whose receipt was seen is there and the chain goes on', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'reenact-crash-'))
  const seen: string[] = []
  try {
    for (let round = 1; round <= 4; round++) {
      const { child, lines } = runChild('./sealForever.ts', [dataDir])
      const enough = seen.length + 7 * round
      for await (const line of lines) {
        seen.push(line)
        if (seen.length >= enough) break
      }
      await killHard(child)

      const { node } = await openL1({ dataDir })
      const { chain, pool } = node
      const head = chain.head()
      for (const hash of seen) {
        const location = chain.getTransactionLocation(hexToBytes(hash))
        const stored = location === undefined ? undefined : chain.getBlockByHash(location.blockHash)
        expect(stored?.receipts[location?.index ?? -1]?.status).toBe(1)
      }
      // every nonce that the state has passed left exactly one log, in order, in the block that its index names
      const sender = addressBytes(account(0).address)
      const nonce = chain.stateAt(head.header.stateRoot).getAccount(sender)?.nonce ?? 0n
      const logs = [...chain.getLogs({ fromBlock: 0n, toBlock: head.header.number })]
      expect(logs.map(({ log }) => bytesToBigint(log.topics[0] ?? new Uint8Array()))).toEqual(
        Array.from({ length: Number(nonce) }, (_, index) => BigInt(index)),
      )
      for (const { transactionHash, blockNumber } of logs) {
        expect(chain.getTransactionLocation(transactionHash)?.blockNumber).toBe(blockNumber)
      }
      expect(chain.getTransactionLocation(keccak256(sender))).toBeUndefined()
      expect(pool.nextNonce(sender)).toBe(nonce)
      await expect(node.sealer.sealNow()).resolves.toMatchObject({ header: { number: head.header.number + 1n } })
      await node.close()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
