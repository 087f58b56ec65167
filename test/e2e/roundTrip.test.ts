import { concatHex, parseEther, size } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { type Client, claimable, clientFor, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

describe('round trip over HTTP', () => {
  let devnet: TestDevnet
  let l1: Client
  let l2: Client
  /** holds nothing on L2 before the deposit */
  const fresh = '0x00000000000000000000000000000000000f4e54'

  beforeAll(async () => {
    devnet = await startTestDevnet()
    l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 1)
    l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 1)
  })
  afterAll(() => devnet?.close())

  it('deposit, L2 transfer, advance through EXECUTE, claim by proof, no second claim', async () => {
    const { deployment } = devnet
    const before = await l2.reader.getBalance({ address: l2.account.address })
    await deposit(l1, deployment, l2.account.address, parseEther('1'))
    await until('the deposit on L2', async () => {
      const balance = await l2.reader.getBalance({ address: l2.account.address })
      return balance === before + parseEther('1') ? true : undefined
    })

    await succeeded(l2, await l2.wallet.sendTransaction({ to: fresh, value: 12_345n }))
    expect(await l2.reader.getBalance({ address: fresh })).toBe(12_345n)

    const withdrawTx = await withdraw(l2, deployment, DEV_ADDRESSES[5], parseEther('0.4'))
    const proof = await claimable(l2, withdrawTx)
    expect(proof.to.toLowerCase()).toBe(deployment.l1.messenger.toLowerCase())

    const recipientBefore = await l1.reader.getBalance({ address: DEV_ADDRESSES[5] })
    await succeeded(l1, await l1.wallet.sendTransaction({ to: proof.to, data: proof.calldata }))
    expect(await l1.reader.getBalance({ address: DEV_ADDRESSES[5] })).toBe(recipientBefore + parseEther('0.4'))

    await expect(l1.reader.call({ account: l1.account, to: proof.to, data: proof.calldata })).rejects.toThrow()
    await until('the node to see the claim', async () => {
      const [claimed] = await rpc<{ status: string }[]>(l2, 'rollup_getWithdrawals', [{ txHash: withdrawTx }])
      return claimed?.status === 'claimed' ? true : undefined
    })
  })

  it('deploys 24,000 bytes of code on L2, calls it, and the block settles', async () => {
    // Returns 42 whatever it is asked; the rest is padding that is never reached.
    const runtime = concatHex(['0x602a5f5260205ff3', `0x${'fe'.repeat(24_000 - 8)}`])
    expect(size(runtime)).toBe(24_000)
    const initCode = concatHex(['0x615dc080600a5f395ff3', runtime])
    const receipt = await succeeded(l2, await l2.wallet.sendTransaction({ data: initCode }))
    const address = receipt.contractAddress
    if (address == null) throw new Error('no contract address')
    expect(size((await l2.reader.getCode({ address })) ?? '0x')).toBe(24_000)
    const answer = await l2.reader.call({ to: address })
    expect(BigInt(answer.data ?? '0x0')).toBe(42n)

    const settled = await until('settlement of the deployment', async () => {
      const safe = await l2.reader.getBlock({ blockTag: 'safe' })
      return safe.number >= receipt.blockNumber ? safe : undefined
    })
    const head = { address: devnet.deployment.l1.rollup, abi: nativeRollup.abi } as const
    expect(await l1.reader.readContract({ ...head, functionName: 'headNumber' })).toBeGreaterThanOrEqual(settled.number)
  })

  it('settles by transactions whose EXECUTE calls L1 really runs', async () => {
    const [advanced] = await l1.reader.getContractEvents({
      address: devnet.deployment.l1.rollup,
      abi: nativeRollup.abi,
      eventName: 'BlockAdvanced',
      fromBlock: 0n,
    })
    if (advanced === undefined) throw new Error('nothing settled')
    const l2Block = await l2.reader.getBlock({ blockNumber: advanced.args.number ?? -1n })
    expect(l2Block.hash).toBe(advanced.args.blockHash)
    expect(l2Block.stateRoot).toBe(advanced.args.stateRoot)
    const anchor = await l1.reader.getBlock({ blockNumber: advanced.args.anchorBlock ?? -1n })
    expect(l2Block.parentBeaconBlockRoot).toBe(anchor.hash)
    const receipt = await l1.reader.getTransactionReceipt({ hash: advanced.transactionHash })
    expect(receipt.status).toBe('success')
    // The price of EXECUTE alone: its base and its bytes. Nothing cheaper can have been an execution.
    const transaction = await l1.reader.getTransaction({ hash: advanced.transactionHash })
    expect(receipt.gasUsed).toBeGreaterThan(100_000n + 16n * BigInt(size(transaction.input)))
  })
})
