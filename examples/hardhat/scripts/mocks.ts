// Both chains in Hardhat's own network, for tests in TypeScript: `npx hardhat run scripts/mocks.ts`.
import assert from 'node:assert/strict'
import { artifacts, network } from 'hardhat'
import { encodeFunctionData, parseEther } from 'viem'

const L2_MESSENGER = '0x8079000000000000000000000000000000000001'
const { viem } = await network.create()
const client = await viem.getPublicClient()
const [wallet] = await viem.getWalletClients()
const test = await viem.getTestClient()

const { deployedBytecode } = await artifacts.readArtifact('L2MessengerMock')
await test.setCode({ address: L2_MESSENGER, bytecode: deployedBytecode })
await test.setBalance({ address: L2_MESSENGER, value: parseEther('1000') })
const l1 = await viem.deployContract('L1MessengerMock', [wallet.account.address, wallet.account.address, 28079n])
const l2 = await viem.getContractAt('L2MessengerMock', L2_MESSENGER)
await l2.write.connect([l1.address])

const owner = await viem.deployContract('CounterOwner', [l1.address])
const counter = await viem.deployContract('RemoteCounter', [owner.address])
await owner.write.setCounter([counter.address])
await owner.write.add([7n, 0n], { value: parseEther('1') })
await l2.write.deliverAll()
assert.equal(await counter.read.count(), 7n)
await l1.write.deliverAll()
assert.equal(await owner.read.reported(), 7n)
assert.equal(await client.getBalance({ address: owner.address }), parseEther('1'))
await assert.rejects(l1.write.deliver([0n]), /Messages_AlreadyDelivered/)
await assert.rejects(counter.write.add([1n]), /L1MessageReceiver_NotMessenger/)

const data = encodeFunctionData({ abi: counter.abi, functionName: 'add', args: [1n] })
await l1.write.sendMessage([counter.address, 0n, 1_000_000n, data])
await assert.rejects(l2.write.deliver([1n]), /Messages_DeliveryFailed/)
console.log(`${await counter.read.count()} counted, ${await owner.read.reported()} reported, strangers refused`)
