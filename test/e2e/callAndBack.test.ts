import { type Abi, encodeFunctionData, type Hex, parseEther, parseEventLogs } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { type Client, claimable, clientFor, succeeded, until } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

const FEE = parseEther('0.01')
const VALUE = 12_345n

describe('a call from L1 into a contract on L2, and back', () => {
  let devnet: TestDevnet
  let l1: Client
  let l2: Client
  let owner: Hex
  let counter: Hex
  let built: Record<string, Artifact>

  const abiOf = (name: string): Abi => built[name]?.abi as Abi

  async function deploy(client: Client, name: string, args: readonly unknown[]): Promise<Hex> {
    const bytecode = built[name]?.creationCode as Hex
    const hash = await client.wallet.deployContract({ abi: abiOf(name), bytecode, args })
    const { contractAddress } = await succeeded(client, hash)
    if (contractAddress == null) throw new Error('no contract address')
    return contractAddress
  }

  const read = <T>(client: Client, name: string, address: Hex, functionName: string) =>
    client.reader.readContract({ abi: abiOf(name), address, functionName }) as Promise<T>

  beforeAll(async () => {
    const source = 'examples/hardhat/contracts/RemoteCounter.sol'
    built = compile({ CounterOwner: source, RemoteCounter: source })
    devnet = await startTestDevnet()
    l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 2)
    l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 2)
    owner = await deploy(l1, 'CounterOwner', [devnet.deployment.l1.messenger])
    counter = await deploy(l2, 'RemoteCounter', [owner])
    const call = { abi: abiOf('CounterOwner'), address: owner, functionName: 'setCounter', args: [counter] } as const
    await succeeded(l1, await l1.wallet.writeContract(call))
  })
  afterAll(() => devnet?.close())

  it('is claimed for its fee, answered from L2, and the answer is claimed on L1 with the value', async () => {
    const call = { abi: abiOf('CounterOwner'), address: owner, functionName: 'add', args: [7n, FEE] } as const
    await succeeded(l1, await l1.wallet.writeContract({ ...call, value: FEE + VALUE }))

    await until('the call on L2', async () =>
      (await read<bigint>(l2, 'RemoteCounter', counter, 'count')) === 7n ? true : undefined,
    )
    const logs = await l2.reader.getLogs({ address: devnet.deployment.l2.messenger, fromBlock: 0n })
    const [answer] = parseEventLogs({ abi: l2Messenger.abi, eventName: 'MessageSent', logs })
    if (answer === undefined) throw new Error('the counter did not answer')
    expect(answer.args).toMatchObject({ value: VALUE, fee: 0n })
    expect([answer.args.sender, answer.args.to].map((address) => address.toLowerCase())).toEqual([counter, owner])
    expect(await l2.reader.getBalance({ address: counter })).toBe(0n)

    const proof = await claimable(l2, answer.transactionHash)
    expect(await read(l1, 'CounterOwner', owner, 'reported')).toBe(0n)
    await succeeded(l1, await l1.wallet.sendTransaction({ to: proof.to, data: proof.calldata }))
    expect(await read(l1, 'CounterOwner', owner, 'reported')).toBe(7n)
    expect(await l1.reader.getBalance({ address: owner })).toBe(VALUE)
  })

  it('is refused when somebody else on L1 sends it, and stays undelivered', async () => {
    const index = await sendAsStranger()
    const delivered = {
      abi: l2Messenger.abi,
      address: devnet.deployment.l2.messenger,
      functionName: 'delivered',
    } as const
    // a later message of the same sender passes it by
    const plain = {
      abi: l1Messenger.abi,
      address: devnet.deployment.l1.messenger,
      functionName: 'sendMessage',
    } as const
    const args = [l1.account.address, FEE, 300_000n, '0x'] as const
    await succeeded(l1, await l1.wallet.writeContract({ ...plain, args, value: FEE + 1n }))
    await until('the later message', async () =>
      (await l2.reader.readContract({ ...delivered, args: [index + 1n] })) ? true : undefined,
    )
    expect(await l2.reader.readContract({ ...delivered, args: [index] })).toBe(false)
    expect(await read(l2, 'RemoteCounter', counter, 'count')).toBe(7n)
  })

  /** The counter's `add`, from an account that does not own it; gives the message's index. */
  async function sendAsStranger(): Promise<bigint> {
    const data = encodeFunctionData({ abi: abiOf('RemoteCounter'), functionName: 'add', args: [100n] })
    const hash = await l1.wallet.writeContract({
      abi: l1Messenger.abi,
      address: devnet.deployment.l1.messenger,
      functionName: 'sendMessage',
      args: [counter, FEE, 1_000_000n, data],
      value: FEE,
    })
    const { logs } = await succeeded(l1, hash)
    const [sent] = parseEventLogs({ abi: l1Messenger.abi, eventName: 'MessageSent', logs })
    if (sent === undefined) throw new Error('no MessageSent event')
    return sent.args.index
  }
})
