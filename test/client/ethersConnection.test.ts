import { BrowserProvider, isError, JsonRpcProvider, NonceManager, type Signer, Wallet } from 'ethers'
import { AccountRequiredError, getDevnetChains, type NativeRollupChain, WrongChainError } from 'reenact/viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendMessage } from '../../client/actions/sendMessage.ts'
import { type Connection, connect, type EthersPeer, type EthersSendOptions } from '../../client/ethers/connection.ts'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

const TO = '0x00000000000000000000000000000000000abcde'
const [KEY = ''] = DEV_PRIVATE_KEYS
let devnet: TestDevnet
let targetChain: NativeRollupChain
let provider: JsonRpcProvider
beforeAll(async () => {
  devnet = await startTestDevnet()
  targetChain = (await getDevnetChains(devnet.l1Url)).l2
  provider = new JsonRpcProvider(devnet.l1Url, undefined, { pollingInterval: 20 })
})
afterAll(async () => {
  provider?.destroy()
  await devnet?.close()
})

const message = (connection: Connection, options: EthersSendOptions = {}, value = 1n) =>
  connection.send(options, (client, rest) =>
    sendMessage(client, { ...rest, targetChain, to: TO, value, l2GasLimit: 100_000n }),
  )

describe('a transaction is sent by', () => {
  /** wallets of browsers: accounts of the node behind an EIP-1193 provider */
  const browser = () => new BrowserProvider({ request: ({ method, params }) => provider.send(method, params ?? []) })
  const signers: [string, () => Signer | Promise<Signer>][] = [
    ['a wallet', () => new Wallet(KEY, provider)],
    ['a wallet that counts its nonces', () => new NonceManager(new Wallet(KEY, provider))],
    ['an account of the node', () => provider.getSigner(0)],
    ['the wallet of a browser', () => browser().getSigner(0)],
  ]
  test.each(signers)('%s', async (_, signerOf) => {
    const signer = await signerOf()
    const sent = await message(connect(signer))
    expect(sent.from).toBe(await signer.getAddress())
    expect((await sent.wait())?.status).toBe(1)
  })

  test('the signer of one call', async () => {
    const sent = await message(connect(provider), { signer: new Wallet(KEY, provider), gasLimit: 400_000n })
    expect(sent.gasLimit).toBe(400_000n)
  })
})

test('two transactions of a wallet, one right after the other, have two nonces', async () => {
  const connection = connect(new Wallet(KEY, provider))
  const first = await message(connection)
  const second = await message(connection)
  expect(second.nonce).toBe(first.nonce + 1)
})

describe('errors', () => {
  test('nobody to send', async () => {
    const failure = message(connect(provider))
    await expect(failure).rejects.toThrow(AccountRequiredError)
    await expect(failure).rejects.toThrow('pass a Signer of ethers as `signer`')
  })

  test('another chain', async () => {
    const l2 = new JsonRpcProvider(devnet.l2Url)
    await expect(message(connect(new Wallet(KEY, l2)))).rejects.toThrow(WrongChainError)
    l2.destroy()
  })

  test('no node', async () => {
    for (const peer of [new Wallet(KEY), devnet.l1Url, undefined]) {
      expect(() => connect(peer as EthersPeer)).toThrow(expect.objectContaining({ code: 'PROVIDER_REQUIRED' }))
    }
  })

  test('a refusal of the contract has its name, as ethers tells it', async () => {
    const failure: unknown = await connect(new Wallet(KEY, provider))
      .send({}, (client) => sendMessage(client, { targetChain, to: TO, l2GasLimit: 0n }))
      .catch((error: unknown) => error)
    expect(isError(failure, 'CALL_EXCEPTION') && failure.revert?.name).toBe('Messages_GasLimitTooLow')
  })

  test('no funds', async () => {
    const failure: unknown = await message(connect(new Wallet(KEY, provider)), {}, 10n ** 30n).catch((error) => error)
    expect(isError(failure, 'INSUFFICIENT_FUNDS')).toBe(true)
  })

  test('a wallet whose user says no', async () => {
    const refusing = new BrowserProvider({
      request: ({ method, params }) =>
        method === 'eth_sendTransaction'
          ? Promise.reject({ code: 4001, message: 'User rejected the request.' })
          : provider.send(method, params ?? []),
    })
    const failure: unknown = await message(connect(await refusing.getSigner(0))).catch((error: unknown) => error)
    expect(isError(failure, 'ACTION_REJECTED')).toBe(true)
  })
})
