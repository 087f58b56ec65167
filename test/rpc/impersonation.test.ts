import { JsonRpcProvider } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { account, LOGGER_ADDRESS } from '../node/support/devChain.ts'
import { type DevToolsNode, startDevToolsNode } from './devToolsNode.ts'
import { result } from './support.ts'

const TO = account(5).address

let node: DevToolsNode
let provider: JsonRpcProvider
beforeAll(async () => {
  node = await startDevToolsNode()
  provider = new JsonRpcProvider(node.server.url, undefined, { polling: true, pollingInterval: 20, cacheTimeout: -1 })
})
afterAll(async () => {
  provider.destroy()
  await node.close()
})

const rpc = <Result = unknown>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)

describe('impersonated senders and ethers', () => {
  test('a signer of an impersonated contract sends and waits; before and after there is none', async () => {
    await rpc('anvil_setBalance', LOGGER_ADDRESS, '0xde0b6b3a7640000')
    await expect(provider.getSigner(LOGGER_ADDRESS)).rejects.toThrow('invalid account')
    await rpc('anvil_impersonateAccount', LOGGER_ADDRESS)
    const signer = await provider.getSigner(LOGGER_ADDRESS)
    for (const type of [0, 1, 2]) {
      const sent = await signer.sendTransaction({ to: TO, value: 5n, type, ...(type === 1 ? { accessList: [] } : {}) })
      const receipt = await sent.wait()
      expect(receipt).toMatchObject({ status: 1, from: (await signer.getAddress()) as string, type })
      expect(await provider.getTransaction(sent.hash)).toMatchObject({ hash: sent.hash, type, value: 5n })
    }
    await rpc('anvil_stopImpersonatingAccount', LOGGER_ADDRESS)
    await expect(provider.getSigner(LOGGER_ADDRESS)).rejects.toThrow('invalid account')
  })

  test('they are listed once, after the accounts that the node holds keys of', async () => {
    const held = await rpc<string[]>('eth_accounts')
    await rpc('hardhat_impersonateAccount', LOGGER_ADDRESS)
    await rpc('hardhat_impersonateAccount', account(0).address)
    expect(await rpc('eth_accounts')).toEqual([...held, LOGGER_ADDRESS.toLowerCase()])
    expect(await rpc('eth_requestAccounts')).toEqual(await rpc('eth_accounts'))
    await rpc('hardhat_stopImpersonatingAccount', LOGGER_ADDRESS)
    await rpc('hardhat_stopImpersonatingAccount', account(0).address)
    expect(await rpc('eth_accounts')).toEqual(held)
  })
})
