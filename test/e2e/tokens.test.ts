import { type Abi, erc20Abi, type Hex, zeroAddress } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bridgedERC20 } from '../../genesis/generated/BridgedERC20.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { l2TokenBridge } from '../../genesis/generated/L2TokenBridge.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { type Client, claimable, clientFor, succeeded, until } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

const SUPPLY = 10n ** 24n
const fresh = '0x00000000000000000000000000000000000f4e54'

describe('ERC-20 over HTTP', () => {
  let devnet: TestDevnet
  let l1: Client
  let l2: Client
  let plainToken: Artifact

  beforeAll(async () => {
    plainToken = compile({ PlainToken: 'test/contracts/Tokens.sol' }).PlainToken as Artifact
    devnet = await startTestDevnet()
    l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 1)
    l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 1)
  })
  afterAll(() => devnet?.close())

  async function deploy(client: Client, name: string): Promise<Hex> {
    const abi = plainToken.abi as Abi
    const hash = await client.wallet.deployContract({
      abi,
      bytecode: plainToken.creationCode,
      args: [name, name.toUpperCase(), 6, SUPPLY],
    })
    const { contractAddress } = await succeeded(client, hash)
    if (contractAddress == null) throw new Error('no contract address')
    return contractAddress
  }

  const balance = (client: Client, token: Hex, holder: Hex) =>
    client.reader.readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [holder] })

  async function approve(client: Client, token: Hex, spender: Hex, amount: bigint) {
    const args = [spender, amount] as const
    const call = { address: token, abi: erc20Abi, functionName: 'approve', args } as const
    await succeeded(client, await client.wallet.writeContract(call))
  }

  async function deposit(token: Hex, to: Hex, amount: bigint) {
    const address = devnet.deployment.l1.tokenBridge
    const call = { address, abi: l1TokenBridge.abi, functionName: 'deposit', args: [token, to, amount, 0n] } as const
    await succeeded(l1, await l1.wallet.writeContract(call))
  }

  /** Burns or escrows on L2, waits for settlement, and claims on L1. */
  async function withdraw(token: Hex, to: Hex, amount: bigint) {
    const address = devnet.deployment.l2.tokenBridge
    const call = { address, abi: l2TokenBridge.abi, functionName: 'withdraw', args: [token, to, amount, 0n] } as const
    const hash = await l2.wallet.writeContract(call)
    await succeeded(l2, hash)
    const proof = await claimable(l2, hash)
    await succeeded(l1, await l1.wallet.sendTransaction({ to: proof.to, data: proof.calldata }))
    await expect(l1.reader.call({ account: l1.account, to: proof.to, data: proof.calldata })).rejects.toThrow()
  }

  /** The clone on one chain of a token of the other, as soon as it is there. */
  const cloneOn = (client: Client, bridge: Hex, remote: Hex) =>
    until('the clone', async () => {
      const abi = l1TokenBridge.abi
      const call = { address: bridge, abi, functionName: 'localToken', args: [remote] } as const
      const clone = await client.reader.readContract(call)
      return clone === zeroAddress ? undefined : clone
    })

  const arrived = (client: Client, token: Hex, holder: Hex, amount: bigint) =>
    until('the tokens', async () => ((await balance(client, token, holder)) === amount ? true : undefined))

  it('a token of L1: deposit, claimed by courtesy, transfer on L2, withdrawal, claim', async () => {
    const { deployment } = devnet
    const token = await deploy(l1, 'gold')
    await approve(l1, token, deployment.l1.tokenBridge, 1_000n)
    await deposit(token, l2.account.address, 700n)
    const clone = await cloneOn(l2, deployment.l2.tokenBridge, token)
    await arrived(l2, clone, l2.account.address, 700n)
    const read = (functionName: 'name' | 'symbol' | 'decimals' | 'remoteToken') =>
      l2.reader.readContract({ address: clone, abi: bridgedERC20.abi, functionName })
    expect(await Promise.all([read('name'), read('symbol'), read('decimals')])).toEqual(['gold', 'GOLD', 6])
    expect(String(await read('remoteToken')).toLowerCase()).toBe(token.toLowerCase())

    await deposit(token, l2.account.address, 300n)
    await arrived(l2, clone, l2.account.address, 1_000n)
    const transfer = { address: clone, abi: erc20Abi, functionName: 'transfer', args: [fresh, 400n] } as const
    await succeeded(l2, await l2.wallet.writeContract(transfer))
    expect(await balance(l2, clone, fresh)).toBe(400n)

    await withdraw(clone, fresh, 250n)
    expect(await balance(l1, token, fresh)).toBe(250n)
    expect(await balance(l1, token, deployment.l1.tokenBridge)).toBe(750n)
    expect(await balance(l2, clone, l2.account.address)).toBe(350n)
  })

  it('a token of L2: mirrored to L1, sent back, claimed by courtesy', async () => {
    const { deployment } = devnet
    const token = await deploy(l2, 'silver')
    await approve(l2, token, deployment.l2.tokenBridge, 900n)
    await withdraw(token, l1.account.address, 900n)
    const clone = await cloneOn(l1, deployment.l1.tokenBridge, token)
    expect(await balance(l1, clone, l1.account.address)).toBe(900n)
    expect(await balance(l2, token, deployment.l2.tokenBridge)).toBe(900n)

    await deposit(clone, fresh, 500n)
    await arrived(l2, token, fresh, 500n)
    expect(await balance(l1, clone, l1.account.address)).toBe(400n)
    expect(await balance(l2, token, deployment.l2.tokenBridge)).toBe(400n)
  })
})
