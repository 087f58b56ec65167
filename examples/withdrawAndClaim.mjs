// @ts-check
// ETH from L2 to L1: once L1 has re-executed the L2 block, one transaction with a proof claims it. There is no challenge period.
import assert from 'node:assert/strict'
import { createDevnet } from 'reenact/devnet'
import { parseEther } from 'viem'

const devnet = await createDevnet()
const { l1, l2 } = devnet.clients
const targetChain = devnet.l2.chain
const to = '0x000000000000000000000000000000000000b0b0'

const hash = await l2.initiateWithdrawal({ to, value: parseEther('0.5') })
const receipt = await l2.waitForTransactionReceipt({ hash })
console.log('sent in L2 block', receipt.blockNumber) // → sent in L2 block 1n

const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain })
console.log('settled up to L2 block', settlement.l2BlockNumber) // → settled up to L2 block …
console.log(await l1.getWithdrawalStatus({ withdrawal, targetChain })) // → ready-to-claim

const claim = await l1.claimWithdrawal(await l2.buildClaimWithdrawal({ withdrawal, settlement }))
await l1.waitForTransactionReceipt({ hash: claim })
console.log(await l1.getWithdrawalStatus({ withdrawal, targetChain })) // → claimed
assert.equal(await l1.getBalance({ address: to }), parseEther('0.5'))

const again = l2.buildClaimWithdrawal({ withdrawal, settlement }).then((proof) => l1.claimWithdrawal(proof))
console.log(await again.catch((error) => error.code)) // → WITHDRAWAL_ALREADY_CLAIMED
await devnet.close()
