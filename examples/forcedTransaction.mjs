// @ts-check
// A transaction that the rollup's node is never given: it is put into a queue on L1, which the sequencer must not pass by.
import assert from 'node:assert/strict'
import { createDevnet } from 'reenact/devnet'
import { formatEther, keccak256 } from 'viem'

const devnet = await createDevnet()
const { l1, l2 } = devnet.clients
const targetChain = devnet.l2.chain
const user = devnet.clientsOf(5).l2
const to = '0x000000000000000000000000000000000000b0b0'

const request = await user.prepareTransactionRequest({ to, value: 1n })
const serializedTransaction = await user.signTransaction(request)

// the bond, which keeps the queue free of rubbish, is paid along by whoever brings the transaction to L1
const forcing = await l1.forceTransaction({ serializedTransaction, targetChain })
const l1Receipt = await l1.waitForTransactionReceipt({ hash: forcing })
const { id, bond, since, deadline } = await l1.getForcedTransaction({ l1Receipt, targetChain })
console.log('due in', deadline - since, 'seconds, else anyone may build') // → due in 3600n seconds, else anyone may build

const receipt = await l2.waitForTransactionReceipt({ hash: keccak256(serializedTransaction) })
console.log(receipt.status, 'in L2 block', receipt.blockNumber) // → success in L2 block 1n
assert.equal(await l2.getBalance({ address: to }), 1n)

await devnet.settle()
const { status } = await l1.getForcedTransaction({ id, targetChain })
const reclaim = await l1.reclaimBond({ id, targetChain })
await l1.waitForTransactionReceipt({ hash: reclaim })
console.log(status, 'and got', formatEther(bond), 'ETH back') // → included and got 0.01 ETH back
await devnet.close()
