// @ts-check
// To L2 and back with ethers: a deposit, a withdrawal, and its claim on L1.
import assert from 'node:assert/strict'
import { formatEther, JsonRpcProvider, parseEther, Wallet } from 'ethers'
import { createDevnet } from 'reenact/devnet'
import { createEthersSdk } from 'reenact/ethers'

const devnet = await createDevnet()
const [key] = devnet.privateKeys
const l1 = new Wallet(key, new JsonRpcProvider(devnet.l1.url, undefined, { pollingInterval: 50 }))
const l2 = new Wallet(key, new JsonRpcProvider(devnet.l2.url, undefined, { pollingInterval: 50 }))
const sdk = await createEthersSdk({ l1, l2 })

const deposit = await sdk.deposits.create({ value: parseEther('1') })
await sdk.deposits.wait(deposit)
console.log('deposit:', await sdk.deposits.status(deposit)) // → deposit: claimed

const to = '0x000000000000000000000000000000000000b0b0'
const withdrawal = await sdk.withdrawals.create({ to, value: parseEther('0.5') })
await sdk.withdrawals.waitToClaim(withdrawal)
console.log('withdrawal:', await sdk.withdrawals.status(withdrawal)) // → withdrawal: ready-to-claim

const claim = await sdk.withdrawals.claim(withdrawal)
await claim.wait()
const received = await l1.provider?.getBalance(to)
console.log('claimed', formatEther(received ?? 0n), 'ETH') // → claimed 0.5 ETH
assert.equal(received, parseEther('0.5'))
l1.provider?.destroy()
l2.provider?.destroy()
await devnet.close()
