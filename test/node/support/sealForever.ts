// An L1 node in instant mode on a data directory; prints the hash of each transaction once its receipt is visible.
import { systemClock, systemTimers } from '../../../node/clock.ts'
import { createL1Node } from '../../../node/l1Node.ts'
import { silentLogger } from '../../../node/logger.ts'
import { openStore } from '../../../node/store.ts'
import { bytesToHex } from '../../../stateless/bytes.ts'
import { keccak256 } from '../../../stateless/keccak.ts'
import { account, addressBytes, devEngine, LOGGER_ADDRESS, logCall, signed } from './devChain.ts'

const dataDir = process.argv[2]
if (dataDir === undefined) throw new Error('usage: sealForever DIR')
const { engine, genesis } = await devEngine()
const node = await createL1Node(
  { genesis, sealMode: { kind: 'instant' } },
  { store: await openStore({ dataDir }), engine, clock: systemClock, timers: systemTimers, logger: silentLogger },
)
node.chain.onHead(({ added }) => {
  for (const { block, receipts } of added) {
    if (receipts.length !== block.transactions.length) throw new Error('a receipt is missing')
    for (const raw of block.transactions) process.stdout.write(`${bytesToHex(keccak256(raw))}\n`)
  }
})
node.start()
const sender = account(0)
for (;;) {
  const nonce = Number(node.pool.nextNonce(addressBytes(sender.address)))
  const data = logCall(BigInt(nonce))
  await node.pool.add(await signed(sender, { nonce, to: LOGGER_ADDRESS, value: 0n, gas: 200_000n, data }))
  await new Promise((resolve) => setImmediate(resolve))
  while (node.pool.status().pending > 20) await new Promise((resolve) => setImmediate(resolve))
}
