// @ts-check
// ETH from L1 to L2. The rollup's sequencer delivers plain deposits by itself, for nothing.
import assert from 'node:assert/strict'
import { createDevnet } from 'reenact/devnet'
import { formatEther, parseEther } from 'viem'

const devnet = await createDevnet()
const { l1, l2 } = devnet.clients
const { address } = l2.account
const before = await l2.getBalance({ address })

const hash = await l1.deposit({ value: parseEther('1'), targetChain: devnet.l2.chain })
const l1Receipt = await l1.waitForTransactionReceipt({ hash })
console.log('sent in L1 block', l1Receipt.blockNumber) // → sent in L1 block 1n

const { message, l2BlockNumber } = await l2.waitForMessage({ l1Receipt })
console.log('message', message.index, 'arrived in L2 block', l2BlockNumber) // → message 0n arrived in L2 block 1n

const received = (await l2.getBalance({ address })) - before
console.log('received', formatEther(received), 'ETH') // → received 1 ETH
assert.equal(received, parseEther('1'))
await devnet.close()
