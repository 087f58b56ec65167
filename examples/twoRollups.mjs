// @ts-check
// Two native rollups on one L1, and a call from one to the other in one hop: nobody does anything on L1 for it.
import assert from 'node:assert/strict'
import { createDevnet } from 'reenact/devnet'
import { getCrossMessages } from 'reenact/viem'
import { numberToHex } from 'viem'

const devnet = await createDevnet({ rollups: 2 })
const source = devnet.clientsOf(0, 0).l2
const destination = devnet.clientsOf(0, 1).l2
console.log('from', source.chain.id, 'to', destination.chain.id) // → from 28079 to 28080

// PUSH0 CALLDATALOAD PUSH0 SSTORE STOP: a contract that keeps the first word it is called with
const deployment = await destination.deployContract({ abi: [], bytecode: '0x645f355f55005f526005601bf3' })
const { contractAddress: to } = await destination.waitForTransactionReceipt({ hash: deployment })
assert(to)

const data = numberToHex(8079, { size: 32 })
const hash = await source.sendCrossMessage({ destination: destination.chain.id, to, data })
const [message] = getCrossMessages(await source.waitForTransactionReceipt({ hash }))
assert(message)
console.log('message', message.index, 'was sent') // → message 0n was sent

// it is proven by what the destination knows of L1: by a block that follows the settlement
await devnet.settle()
await devnet.mine({ l2: 1 })
const claim = await destination.claimCrossMessage(await source.buildClaimCrossMessage({ message, destination }))
const { status } = await destination.waitForTransactionReceipt({ hash: claim })
const kept = await destination.getStorageAt({ address: to, slot: '0x0' })
console.log(status, BigInt(kept ?? 0)) // → success 8079n
assert.equal(kept, data)
await devnet.close()
