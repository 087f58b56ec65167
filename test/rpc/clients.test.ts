import {
  AbiCoder,
  Contract,
  ContractFactory,
  parseEther as ethersEther,
  JsonRpcProvider,
  NonceManager,
  Wallet,
  WebSocketProvider,
} from 'ethers'
import {
  type Abi,
  type Chain,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  defineChain,
  getContractAddress,
  type Hex,
  http,
  keccak256,
  type Log,
  parseEther,
  type Transport,
  toHex,
  type BaseError as ViemError,
  webSocket,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { verifyAccountProof, verifyStorageProof } from '../../stateless/proof.ts'
import { account, CHAIN_ID } from '../node/support/devChain.ts'
import { type DevNode, probeArtifact, startDevNode } from './devNode.ts'

const { abi, creationCode } = probeArtifact()

let node: DevNode
let chain: Chain
beforeAll(async () => {
  node = await startDevNode()
  const url = node.server.url
  chain = defineChain({
    id: CHAIN_ID,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url], webSocket: [url.replace('http', 'ws')] } },
  })
})
afterAll(() => node.close())

const clientOn = <Kind extends Transport>(transport: Kind) =>
  createPublicClient({ chain, transport, pollingInterval: 20, cacheTime: 0 })
const publicClient = () => clientOn(http(node.server.url))
const walletClient = (index: number) =>
  createWalletClient({ chain, account: account(index), transport: http(node.server.url), pollingInterval: 20 })

async function deployWithViem(index: number): Promise<Hex> {
  const client = publicClient()
  const hash = await walletClient(index).deployContract({ abi: abi as Abi, bytecode: creationCode, args: [7n] })
  const receipt = await client.waitForTransactionReceipt({ hash })
  expect(receipt.status).toBe('success')
  return receipt.contractAddress as Hex
}

describe('viem', () => {
  test('instant sealing: the receipt is there when the hash is answered, so that nobody waits for a next block', async () => {
    for (let round = 0; round < 5; round++) {
      const hash = await walletClient(7).sendTransaction({ to: account(7).address, value: 1n })
      expect((await publicClient().getTransactionReceipt({ hash })).status).toBe('success')
    }
  })

  test('every transaction type is sent, mined and read back', async () => {
    const client = publicClient()
    const wallet = walletClient(0)
    const to = account(8).address
    const accessList = [{ address: to, storageKeys: [toHex(1, { size: 32 })] }]
    const gasPrice = await client.getGasPrice()
    const authorization = await walletClient(1).signAuthorization({ contractAddress: account(9).address })
    const sent = {
      legacy: await wallet.sendTransaction({ to, value: 1n, type: 'legacy', gasPrice }),
      eip2930: await wallet.sendTransaction({ to, value: 2n, accessList, type: 'eip2930', gasPrice }),
      eip1559: await wallet.sendTransaction({ to, value: 3n }),
      eip7702: await wallet.sendTransaction({ to, value: 4n, authorizationList: [authorization] }),
    }
    for (const [type, hash] of Object.entries(sent)) {
      const receipt = await client.waitForTransactionReceipt({ hash })
      expect(receipt).toMatchObject({ status: 'success', type, to: to.toLowerCase() })
      const tx = await client.getTransaction({ hash })
      expect(tx).toMatchObject({ type, hash, from: account(0).address.toLowerCase(), chainId: CHAIN_ID })
      expect(tx.blockHash).toBe(receipt.blockHash)
      expect(tx.gasPrice).toBe(receipt.effectiveGasPrice)
    }
    expect(await client.getBalance({ address: to })).toBe(parseEther('10000') + 10n)
    expect(await client.getCode({ address: account(1).address })).toBe(
      `0xef0100${account(9).address.slice(2).toLowerCase()}`,
    )
  })

  test('plain send with no field but to and value', async () => {
    const client = publicClient()
    const fresh = '0x00000000000000000000000000000000000f7e54'
    const hash = await walletClient(2).sendTransaction({ to: fresh, value: parseEther('1') })
    const receipt = await client.waitForTransactionReceipt({ hash })
    expect(receipt.status).toBe('success')
    expect(await client.getBalance({ address: fresh })).toBe(parseEther('1'))
    const before = await client.getBalance({ address: fresh, blockNumber: receipt.blockNumber - 1n })
    expect(before).toBe(0n)
  })

  test('deploy, read, write, events and code', async () => {
    const client = publicClient()
    const address = await deployWithViem(3)
    const read = (functionName: string, args: unknown[] = []) =>
      client.readContract({ address, abi: abi as Abi, functionName, args })
    expect(await read('count')).toBe(7n)
    const hash = await walletClient(3).writeContract({ address, abi: abi as Abi, functionName: 'bump', args: [5n] })
    const receipt = await client.waitForTransactionReceipt({ hash })
    expect(await read('count')).toBe(12n)
    const events = await client.getContractEvents({ address, abi: abi as Abi, eventName: 'Bumped', fromBlock: 0n })
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({
      eventName: 'Bumped',
      args: { by: account(3).address, value: 12n },
      transactionHash: hash,
      blockNumber: receipt.blockNumber,
      removed: false,
    })
    expect(await client.getLogs({ blockHash: receipt.blockHash })).toHaveLength(1)
    expect((await client.getCode({ address }))?.length).toBeGreaterThan(100)
    expect(BigInt((await client.getStorageAt({ address, slot: '0x0' })) ?? 0)).toBe(12n)
  })

  test('reverts are decoded, in calls and in estimates', async () => {
    const client = publicClient()
    const address = await deployWithViem(3)
    const custom = await client
      .simulateContract({ address, abi: abi as Abi, functionName: 'bump', args: [500n] })
      .catch((error: unknown) => error)
    const reverted = (custom as ViemError).walk((error) => error instanceof ContractFunctionRevertedError)
    expect(reverted).toMatchObject({ data: { errorName: 'Probe_TooLarge', args: [500n, 100n] } })
    const text = client.readContract({ address, abi: abi as Abi, functionName: 'failText' })
    await expect(text).rejects.toThrow('no way')
    const panic = client.readContract({ address, abi: abi as Abi, functionName: 'failPanic', args: [0n] })
    await expect(panic).rejects.toThrow('division')
    const silent = client.readContract({ address, abi: abi as Abi, functionName: 'failSilently' })
    await expect(silent).rejects.toThrow('reverted')
    const estimate = client.estimateContractGas({
      address,
      abi: abi as Abi,
      functionName: 'failText',
      account: account(0),
    })
    await expect(estimate).rejects.toThrow('no way')
  })

  test('estimates are enough and not much more', async () => {
    const client = publicClient()
    const address = await deployWithViem(4)
    const request = { address, abi: abi as Abi, functionName: 'fill', args: [20n] } as const
    const gas = await client.estimateContractGas({ ...request, account: account(4) })
    const hash = await walletClient(4).writeContract({ ...request, gas })
    const receipt = await client.waitForTransactionReceipt({ hash })
    expect(receipt.status).toBe('success')
    expect(Number(gas)).toBeLessThan(Number(receipt.gasUsed) * 1.02 + 1_000)
  })

  test('calls see the block they are asked about, and overrides', async () => {
    const client = publicClient()
    const address = await deployWithViem(5)
    const head = await client.getBlock()
    const call = { address, abi: abi as Abi, functionName: 'context', account: account(5).address } as const
    const latest = (await client.readContract(call)) as readonly unknown[]
    expect(latest).toEqual([head.number, head.timestamp, 0n, head.parentHash, account(5).address])
    const pending = (await client.readContract({ ...call, blockTag: 'pending' })) as readonly unknown[]
    expect(pending[0]).toBe(head.number + 1n)
    expect(pending[3]).toBe(head.hash)
    await expect(client.readContract({ ...call, blockNumber: head.number - 1n })).rejects.toThrow('returned no data')
    const count = { address, abi: abi as Abi, functionName: 'count' } as const
    const slot = toHex(0, { size: 32 })
    const override = { address, stateDiff: [{ slot, value: toHex(99, { size: 32 }) }] }
    expect(await client.readContract({ ...count, stateOverride: [override] })).toBe(99n)
    expect(await client.readContract(count)).toBe(7n)
  })

  test('a failed transaction has its receipt', async () => {
    const client = publicClient()
    const address = await deployWithViem(5)
    const hash = await walletClient(5).sendTransaction({ to: address, data: '0xdeadbeef', gas: 100_000n })
    const receipt = await client.waitForTransactionReceipt({ hash })
    expect(receipt).toMatchObject({ status: 'reverted', contractAddress: null })
  })

  test('pool errors are recognised by their words', async () => {
    const wallet = walletClient(6)
    const to = account(9).address
    const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n, gas: 30_000n } as const
    await publicClient().waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to, ...fees, nonce: 0 }) })
    const seen: string[] = []
    const collect = async (request: Parameters<typeof wallet.sendTransaction>[0]) => {
      const error = (await wallet.sendTransaction(request).catch((reason: unknown) => reason)) as ViemError
      error.walk((cause) => {
        seen.push((cause as Error).name)
        return false
      })
    }
    await collect({ to, ...fees, nonce: 0 })
    await collect({ to, ...fees, nonce: 1, value: parseEther('1000000') })
    await collect({ to, ...fees, nonce: 1, gas: 1_000n })
    expect(seen).toContain('NonceTooLowError')
    expect(seen).toContain('InsufficientFundsError')
    expect(seen).toContain('IntrinsicGasTooLowError')
  })

  test('blocks by tag, number and hash; counts; fee data', async () => {
    const client = publicClient()
    const latest = await client.getBlock({ includeTransactions: true })
    expect(latest.transactions.length).toBeGreaterThan(0)
    expect(await client.getBlock({ blockHash: latest.hash, includeTransactions: true })).toEqual(latest)
    expect(await client.getBlock({ blockNumber: latest.number, includeTransactions: true })).toEqual(latest)
    expect((await client.getBlock({ blockTag: 'earliest' })).number).toBe(0n)
    expect((await client.getBlock({ blockTag: 'finalized' })).number).toBe(0n)
    expect((await client.getBlock({ blockTag: 'safe' })).number).toBe(0n)
    const pending = await client.getBlock({ blockTag: 'pending' })
    expect(pending).toMatchObject({ hash: null, number: latest.number + 1n, parentHash: latest.hash })
    expect(await client.getBlockTransactionCount()).toBe(latest.transactions.length)
    const fees = await client.estimateFeesPerGas()
    expect(fees.maxFeePerGas).toBeGreaterThan(fees.maxPriorityFeePerGas)
    const history = await client.getFeeHistory({ blockCount: 4, rewardPercentiles: [10, 50, 90] })
    expect(history.baseFeePerGas).toHaveLength(5)
    expect(history.reward).toHaveLength(4)
    expect(history.reward?.[0]).toHaveLength(3)
    expect(await client.getChainId()).toBe(CHAIN_ID)
    expect(await client.getBlobBaseFee()).toBe(1n)
  })

  test('proofs verify against the header, of the past too, and of absence', async () => {
    const client = publicClient()
    const address = await deployWithViem(7)
    const before = await client.getBlock()
    const hash = await walletClient(7).writeContract({ address, abi: abi as Abi, functionName: 'bump', args: [1n] })
    await client.waitForTransactionReceipt({ hash })
    const absent = toHex(77, { size: 32 })
    for (const [block, count] of [
      [before, 7n],
      [await client.getBlock(), 8n],
    ] as const) {
      const storageKeys = [toHex(0, { size: 32 }), absent]
      const proof = await client.getProof({ address, storageKeys, blockNumber: block.number })
      const found = verifyAccountProof(
        hexToBytes(block.stateRoot),
        hexToBytes(address),
        proof.accountProof.map(hexToBytes),
      )
      expect(found?.storageRoot).toEqual(hexToBytes(proof.storageHash))
      expect(proof.storageProof.map(({ key, value }) => [key, value])).toEqual([
        [storageKeys[0], count],
        [absent, 0n],
      ])
      for (const { key, value, proof: nodes } of proof.storageProof) {
        const proven = verifyStorageProof(hexToBytes(proof.storageHash), hexToBytes(key), nodes.map(hexToBytes))
        expect(BigInt(`0x${Buffer.from(proven).toString('hex') || '0'}`)).toBe(value)
      }
    }
    const nobody = `0x${'12'.repeat(20)}` as const
    const exclusion = await client.getProof({ address: nobody, storageKeys: [absent] })
    const { stateRoot } = await client.getBlock()
    const nodes = exclusion.accountProof.map(hexToBytes)
    expect(verifyAccountProof(hexToBytes(stateRoot), hexToBytes(nobody), nodes)).toBeUndefined()
    expect(exclusion.storageProof).toEqual([{ key: absent, value: 0n, proof: [] }])
  })

  test('filters and watchers over HTTP', async () => {
    const client = publicClient()
    const address = await deployWithViem(7)
    const numbers: bigint[] = []
    const logs: Log[] = []
    const stops = [
      client.watchBlockNumber({ onBlockNumber: (number) => void numbers.push(number) }),
      client.watchContractEvent({ address, abi: abi as Abi, onLogs: (found) => void logs.push(...found) }),
    ]
    const filter = await client.createBlockFilter()
    while (numbers.length === 0) await client.getChainId()
    // A watcher sees what happens after its filter exists; so bump until it does.
    while (logs.length === 0) {
      const hash = await walletClient(7).writeContract({ address, abi: abi as Abi, functionName: 'bump', args: [1n] })
      await client.waitForTransactionReceipt({ hash })
    }
    expect(logs[0]).toMatchObject({ address, eventName: 'Bumped' })
    const hashes = await client.getFilterChanges({ filter })
    expect(hashes).toContain((await client.getBlock()).hash)
    expect(await client.getFilterChanges({ filter })).toEqual([])
    expect(await client.uninstallFilter({ filter })).toBe(true)
    expect(await client.uninstallFilter({ filter })).toBe(false)
    for (const stop of stops) stop()
  })

  test('WebSocket: blocks, events and pending transactions are pushed', async () => {
    const address = await deployWithViem(7)
    const client = clientOn(webSocket(node.server.url.replace('http', 'ws')))
    const heads: bigint[] = []
    const logs: Log[] = []
    const pending: Hex[] = []
    const ready = [
      client.watchBlocks({ onBlock: (block) => void heads.push(block.number) }),
      client.watchContractEvent({ address, abi: abi as Abi, onLogs: (found) => void logs.push(...found) }),
      client.watchPendingTransactions({ onTransactions: (found) => void pending.push(...found) }),
    ]
    while (heads.length === 0 || logs.length === 0 || pending.length === 0) {
      const hash = await walletClient(7).writeContract({ address, abi: abi as Abi, functionName: 'bump', args: [1n] })
      await client.waitForTransactionReceipt({ hash })
    }
    expect(logs[0]).toMatchObject({ address, eventName: 'Bumped' })
    for (const stop of ready) stop()
    const socket = await client.transport.getRpcClient()
    socket.close()
  })

  test('batches', async () => {
    const client = clientOn(http(node.server.url, { batch: true }))
    const answers = await Promise.all([
      client.getBlockNumber(),
      client.getBalance({ address: account(0).address }),
      client.getChainId(),
      client.getTransactionCount({ address: account(0).address }),
    ])
    expect(answers[2]).toBe(CHAIN_ID)
    expect(answers[3]).toBe(4)
  })

  test('deployless multicall', async () => {
    const client = publicClient()
    const address = await deployWithViem(3)
    const contract = { address, abi: abi as Abi }
    const results = await client.multicall({
      contracts: [
        { ...contract, functionName: 'count' },
        { ...contract, functionName: 'failText' },
      ],
      deployless: true,
    })
    expect(results.map(({ status }) => status)).toEqual(['success', 'failure'])
  })
})

describe('ethers', () => {
  const key = (index: number) => DEV_PRIVATE_KEYS[index] ?? ''

  test('send, deploy, call, events and reverts over HTTP', async () => {
    const provider = new JsonRpcProvider(node.server.url, CHAIN_ID, { staticNetwork: true, pollingInterval: 20 })
    const signer = new NonceManager(new Wallet(key(8), provider))
    const sent = await signer.sendTransaction({ to: account(9).address, value: ethersEther('0.5') })
    expect((await sent.wait())?.status).toBe(1)
    const factory = new ContractFactory(abi as never, creationCode, signer)
    const probe = (await (await factory.deploy(41n)).waitForDeployment()) as Contract
    expect(await probe.getFunction('count')()).toBe(41n)
    const receipt = await (await probe.getFunction('bump')(1n)).wait()
    expect(receipt.logs[0].args.value).toBe(42n)
    await expect(probe.getFunction('bump').staticCall(500n)).rejects.toMatchObject({
      code: 'CALL_EXCEPTION',
      revert: { name: 'Probe_TooLarge' },
    })
    await expect(probe.getFunction('failText')()).rejects.toMatchObject({ reason: 'no way' })
    await expect(probe.getFunction('bump').estimateGas(500n)).rejects.toMatchObject({ code: 'CALL_EXCEPTION' })
    const events = await probe.queryFilter('Bumped', 0)
    expect(events).toHaveLength(1)
    const address = await probe.getAddress()
    expect(address).toBe(getContractAddress({ from: account(8).address, nonce: 1n }))
    expect(keccak256((await provider.getCode(address)) as Hex)).toMatch(/^0x/)
    const block = await provider.getBlock('latest', true)
    expect(block?.prefetchedTransactions).toHaveLength(1)
    expect(await provider.getBlock('pending')).toMatchObject({ hash: null })
    const slot = await provider.getStorage(address, 0)
    expect(AbiCoder.defaultAbiCoder().decode(['uint256'], slot)[0]).toBe(42n)
    expect((await provider.getFeeData()).maxFeePerGas).toBeGreaterThan(0n)
    provider.destroy()
  })

  test('contract events by polled filter and by WebSocket', async () => {
    const url = node.server.url
    const polling = new JsonRpcProvider(url, CHAIN_ID, { staticNetwork: true, pollingInterval: 20 })
    const socket = new WebSocketProvider(url.replace('http', 'ws'), CHAIN_ID)
    const signer = new NonceManager(new Wallet(key(9), polling))
    const factory = new ContractFactory(abi as never, creationCode, signer)
    const probe = (await (await factory.deploy(1n)).waitForDeployment()) as Contract
    const seen = { polled: 0, pushed: 0, blocks: 0 }
    await probe.on('Bumped', () => void seen.polled++)
    await new Contract(await probe.getAddress(), abi as never, socket).on('Bumped', () => void seen.pushed++)
    await socket.on('block', () => void seen.blocks++)
    while (seen.polled === 0 || seen.pushed === 0 || seen.blocks === 0) {
      await (await probe.getFunction('bump')(1n)).wait()
    }
    await probe.removeAllListeners()
    await socket.destroy()
    polling.destroy()
  })

  test('insufficient funds and low nonces have their codes', async () => {
    const provider = new JsonRpcProvider(node.server.url, CHAIN_ID, { staticNetwork: true, pollingInterval: 20 })
    const wallet = new Wallet(key(8), provider)
    const fees = { gasLimit: 30_000n, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n, to: account(0).address }
    await expect(wallet.sendTransaction({ ...fees, value: ethersEther('100000') })).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    })
    await expect(wallet.sendTransaction({ ...fees, nonce: 0 })).rejects.toMatchObject({ code: 'NONCE_EXPIRED' })
    provider.destroy()
  })
})
