// @ts-check
// A call from L1 into a contract on L2, and its answer to L1: contracts/Doubler.sol sends back twice the number.
import assert from 'node:assert/strict'
import { createDevnet } from 'reenact/devnet'
import { encodeFunctionData, parseAbi } from 'viem'
import { doublerBytecode } from './contracts/doubler.mjs'

const devnet = await createDevnet()
const { l1, l2 } = devnet.clients
const targetChain = devnet.l2.chain
const abi = parseAbi(['function double(uint256 number)'])

const deployment = await l2.deployContract({ abi, bytecode: doublerBytecode })
const { contractAddress: to } = await l2.waitForTransactionReceipt({ hash: deployment })
assert(to)

// without `fee` the message brings what the sequencer asks for the call
const data = encodeFunctionData({ abi, args: [21n] })
const call = await l1.sendMessage({ targetChain, to, data, l2GasLimit: 500_000n })
const l1Receipt = await l1.waitForTransactionReceipt({ hash: call })
const { l2TransactionHash: hash, message } = await l2.waitForMessage({ l1Receipt })
console.log('called with', BigInt(`0x${message.data.slice(10)}`)) // → called with 21n

// the answer was sent in the transaction that delivered the call
const receipt = await l2.getTransactionReceipt({ hash })
const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain })
const claim = await l1.claimWithdrawal(await l2.buildClaimWithdrawal({ withdrawal, settlement }))
const { status } = await l1.waitForTransactionReceipt({ hash: claim })
console.log('the answer is', BigInt(withdrawal.data)) // → the answer is 42n

assert.equal(status, 'success')
assert.deepEqual(
  [withdrawal.sender, withdrawal.to].map((address) => address.toLowerCase()),
  [to, l1.account.address.toLowerCase()],
)
await devnet.close()
