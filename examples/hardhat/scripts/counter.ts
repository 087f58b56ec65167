// Deploys the counter, adds to it, reads its event: `npx hardhat run scripts/counter.ts --network reenactL1`.
import assert from 'node:assert/strict'
import { network } from 'hardhat'

const { viem, networkName } = await network.create()
const client = await viem.getPublicClient()
const counter = await viem.deployContract('Counter', [7n])
const hash = await counter.write.add([5n])
const { status, gasUsed, blockNumber } = await client.waitForTransactionReceipt({ hash })
assert.equal(status, 'success')
assert.equal(await counter.read.count(), 12n)
const [added] = await counter.getEvents.Added({}, { fromBlock: blockNumber })
assert.equal(added?.args.count, 12n)
await assert.rejects(counter.write.add([0n]), /Counter_Zero/)
console.log(`${networkName}: chain ${await client.getChainId()}, counter ${counter.address} holds 12, ${gasUsed} gas`)
