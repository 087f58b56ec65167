import { encodeDeployData, encodeFunctionData, type Hex, keccak256, parseAbi, parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crossMessenger } from '../../genesis/generated/CrossMessenger.ts'
import { l1Router } from '../../genesis/generated/L1Router.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { type Client, claimable, clientFor, rpc, succeeded, until } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

type Side = { client: Client; deployment: RollupDeployment; viaL1: Hex; oneHop: Hex }
type CrossProof = { to: Hex; calldata: Hex; destinationChainId: Hex; l2Block: Hex }

const FEE = parseEther('0.01')
const RECEIVER_GAS = 2_000_000n
const receiverAbi = parseAbi(['function receiveCrossMessage(uint64, address, bytes) payable'])

describe('two rollups on one L1', () => {
  let devnet: TestDevnet
  let l1: Client
  let a: Side
  let b: Side
  let artifacts: Record<'Receiver' | 'CrossReceiver', Artifact>

  async function deploy(client: Client, { abi, creationCode }: Artifact): Promise<Hex> {
    const data = encodeDeployData({ abi, bytecode: creationCode, args: [] })
    const { contractAddress } = await succeeded(client, await client.wallet.sendTransaction({ data }))
    if (contractAddress == null) throw new Error('nothing was created')
    return contractAddress
  }

  async function side(index: number): Promise<Side> {
    const summary = devnet.summary.rollups[index]
    if (summary === undefined) throw new Error(`no rollup ${index}`)
    const client = clientFor(summary.url, summary.deployment.l2ChainId, 2)
    const viaL1 = await deploy(client, artifacts.Receiver)
    return { client, deployment: summary.deployment, viaL1, oneHop: await deploy(client, artifacts.CrossReceiver) }
  }

  beforeAll(async () => {
    artifacts = compile({
      Receiver: 'test/contracts/Receivers.sol',
      CrossReceiver: 'test/contracts/CrossReceivers.sol',
    })
    devnet = await startTestDevnet({ options: { rollups: 2 } })
    l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 3)
    a = await side(0)
    b = await side(1)
  })
  afterAll(() => devnet?.close())

  const seen = <T>({ client }: Side, address: Hex, artifact: Artifact, functionName: string): Promise<T> =>
    client.reader.readContract({ address, abi: artifact.abi, functionName }) as Promise<T>

  /** Sends value and a call of the router to L1; gives the transaction. */
  async function sendToRouter({ client, deployment }: Side, call: Hex, value: bigint): Promise<Hex> {
    const { messenger } = deployment.l2
    const gas = await l1.reader.readContract({
      address: deployment.l1.router,
      abi: l1Router.abi,
      functionName: 'FORWARD_GAS',
    })
    const hash = await client.wallet.writeContract({
      address: messenger,
      abi: l2Messenger.abi,
      functionName: 'sendMessage',
      args: [deployment.l1.router, 0n, gas, call],
      value,
    })
    await succeeded(client, hash)
    return hash
  }

  async function claimOnL1({ client }: Side, hash: Hex): Promise<void> {
    const proof = await claimable(client, hash)
    await succeeded(l1, await l1.wallet.sendTransaction({ to: proof.to, data: proof.calldata }))
  }

  const forward = (chainId: number, to: Hex, data: Hex, fee = FEE): Hex =>
    encodeFunctionData({
      abi: l1Router.abi,
      functionName: 'forward',
      args: [BigInt(chainId), to, fee, RECEIVER_GAS, data],
    })

  async function throughL1(from: Side, to: Side, data: Hex): Promise<void> {
    const before = await to.client.reader.getBalance({ address: to.viaL1 })
    const sent = await sendToRouter(from, forward(to.deployment.l2ChainId, to.viaL1, data), parseEther('1') + FEE)
    await claimOnL1(from, sent)
    await until('the message on the other rollup', async () =>
      (await to.client.reader.getBalance({ address: to.viaL1 })) > before ? true : undefined,
    )
    expect(await to.client.reader.getBalance({ address: to.viaL1 })).toBe(before + parseEther('1'))
    const { address } = from.client.account
    const args = [BigInt(from.deployment.l2ChainId), address, data] as const
    const call = encodeFunctionData({ abi: receiverAbi, functionName: 'receiveCrossMessage', args })
    expect(await seen(to, to.viaL1, artifacts.Receiver, 'dataHash')).toBe(keccak256(call))
    expect(await seen(to, to.viaL1, artifacts.Receiver, 'senderSeen')).toBe(to.deployment.l1.router)
  }

  /** Asks the source for a proof under the newest block of the destination, until the message is settled there. */
  function proveOneHop(from: Side, to: Side, hash: Hex): Promise<CrossProof> {
    return until('a proof under an anchor of the destination', async () => {
      // a block of the destination carries the L1 head that its sequencer knows
      await succeeded(to.client, await to.client.wallet.sendTransaction({ to: to.client.account.address }))
      const block = await rpc<object>(to.client, 'eth_getBlockByNumber', ['latest', false])
      try {
        const [proof] = await rpc<CrossProof[]>(from.client, 'rollup_getCrossMessageProof', [hash, block])
        return proof
      } catch (error) {
        if (!String(error).includes('has settled')) throw error
        return undefined
      }
    })
  }

  async function oneHop(from: Side, to: Side, data: Hex): Promise<void> {
    const l1Before = await l1.reader.getTransactionCount({ address: l1.account.address })
    const calls = await seen<bigint>(to, to.oneHop, artifacts.CrossReceiver, 'calls')
    const hash = await from.client.wallet.writeContract({
      address: from.deployment.l2.crossMessenger,
      abi: crossMessenger.abi,
      functionName: 'sendMessage',
      args: [BigInt(to.deployment.l2ChainId), to.oneHop, RECEIVER_GAS, data],
    })
    await succeeded(from.client, hash)
    const proof = await proveOneHop(from, to, hash)
    expect(Number(proof.destinationChainId)).toBe(to.deployment.l2ChainId)
    await succeeded(to.client, await to.client.wallet.sendTransaction({ to: proof.to, data: proof.calldata }))
    expect(await seen(to, to.oneHop, artifacts.CrossReceiver, 'calls')).toBe(calls + 1n)
    expect(await seen(to, to.oneHop, artifacts.CrossReceiver, 'chainSeen')).toBe(BigInt(from.deployment.l2ChainId))
    expect(await seen(to, to.oneHop, artifacts.CrossReceiver, 'senderSeen')).toBe(from.client.account.address)
    expect(await seen(to, to.oneHop, artifacts.CrossReceiver, 'dataHash')).toBe(keccak256(data))
    // once only, and nobody did anything on L1 for it
    const { account } = to.client
    const again = to.client.reader.call({ account, to: proof.to, data: proof.calldata })
    await expect(again).rejects.toThrow()
    expect(await l1.reader.getTransactionCount({ address: l1.account.address })).toBe(l1Before)
  }

  it('send value and data through L1, both ways', async () => {
    await throughL1(a, b, '0xc0ffee')
    await throughL1(b, a, '0xbabe')
  })

  it('send messages in one hop, both ways', async () => {
    await oneHop(a, b, '0x0102')
    await oneHop(b, a, '0x0304')
  })

  it('get back what cannot be sent on', async () => {
    const { client } = a
    const { address } = client.account
    const sent = await sendToRouter(a, forward(4_444, b.viaL1, '0x01'), parseEther('2'))
    const spent = await client.reader.getBalance({ address })
    await claimOnL1(a, sent)
    await until('the value back on the source', async () =>
      (await client.reader.getBalance({ address })) === spent + parseEther('2') ? true : undefined,
    )
  })

  it('both settle what came of it', async () => {
    for (const { client } of [a, b]) {
      const { number } = await client.reader.getBlock()
      await until('settlement', async () => {
        const safe = await client.reader.getBlock({ blockTag: 'safe' })
        return safe.number >= number ? true : undefined
      })
    }
  })
})
