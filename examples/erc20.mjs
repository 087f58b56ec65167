// @ts-check
// Tokens to L2 and back. WETH9 is a token that a devnet has from the start; any ERC-20 goes the same way.
import assert from 'node:assert/strict'
import { createDevnet } from 'reenact/devnet'
import { erc20Abi, parseAbi } from 'viem'

const devnet = await createDevnet()
const { l1, l2 } = devnet.clients
const targetChain = devnet.l2.chain
const { address } = l1.account
const weth = '0x4200000000000000000000000000000000000006'
const abi = parseAbi(['function deposit() payable'])
const wrap = await l1.writeContract({ address: weth, abi, functionName: 'deposit', value: 1_000n })
await l1.waitForTransactionReceipt({ hash: wrap })

// approves the bridge first, because nothing is approved yet
const deposit = await l1.depositErc20({ token: weth, amount: 1_000n, targetChain })
await l2.waitForMessage({ l1Receipt: await l1.waitForTransactionReceipt({ hash: deposit }) })

const token = await l2.getL2TokenAddress({ l1Token: weth })
const read = { address: token, abi: erc20Abi }
const symbol = await l2.readContract({ ...read, functionName: 'symbol' })
const onL2 = await l2.readContract({ ...read, functionName: 'balanceOf', args: [address] })
console.log('on L2:', onL2, symbol) // → on L2: 1000n WETH

const hash = await l2.withdrawErc20({ token, amount: 400n })
const receipt = await l2.waitForTransactionReceipt({ hash })
const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain })
const claim = await l1.claimWithdrawal(await l2.buildClaimWithdrawal({ withdrawal, settlement }))
await l1.waitForTransactionReceipt({ hash: claim })
const onL1 = await l1.readContract({ address: weth, abi: erc20Abi, functionName: 'balanceOf', args: [address] })
console.log('back on L1:', onL1) // → back on L1: 400n
assert.deepEqual([onL2, onL1], [1_000n, 400n])
await devnet.close()
