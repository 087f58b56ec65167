import { type ContractFunctionRevertedError, encodeFunctionData, parseEther, type StateOverride, toHex } from 'viem'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { freshAddress } from '../scenes.ts'
import { type Check, creationCode, failure, type Tools } from './tools.ts'

const word = (value: number | bigint) => toHex(value, { size: 32 })
const account = DEV_ADDRESSES[0]

/** What viem decodes from a call of the Probe that must revert. */
async function reverted(work: Promise<unknown>): Promise<ContractFunctionRevertedError> {
  const { error } = await failure(work)
  const cause = error.walk((inner) => (inner as Error).name === 'ContractFunctionRevertedError')
  return cause === null ? expect.fail(`not recognised as a revert: ${error.message}`) : (cause as never)
}

/** Ways to run a function of the Probe that reverts. */
const WAYS = {
  call: ({ client, probe }: Tools, functionName: string, args: readonly unknown[]) =>
    client.simulateContract({ ...probe, functionName, args, account }),
  estimate: ({ client, probe }: Tools, functionName: string, args: readonly unknown[]) =>
    client.estimateContractGas({ ...probe, functionName, args, account }),
  send: ({ client, probe }: Tools, functionName: string, args: readonly unknown[]) =>
    client.writeContract({ ...probe, functionName, args }),
}

const reverts: readonly Check[] = Object.entries(WAYS).flatMap(([way, run]): Check[] => [
  {
    name: `a custom error is decoded (${way})`,
    run: async (tools) =>
      expect((await reverted(run(tools, 'bump', [500n]))).data).toMatchObject({
        errorName: 'Probe_TooLarge',
        args: [500n, 100n],
      }),
  },
  {
    name: `a revert reason is decoded (${way})`,
    run: async (tools) => expect((await reverted(run(tools, 'failText', []))).reason).toBe('no way'),
  },
  {
    name: `a panic is decoded (${way})`,
    run: async (tools) => expect((await reverted(run(tools, 'failPanic', [0n]))).reason).toContain('Division'),
  },
])

export const contracts: readonly Check[] = [
  ...reverts,
  {
    name: 'a revert without data is recognised',
    run: async (tools) =>
      expect((await reverted(WAYS.call(tools, 'failSilently', []))).shortMessage).toContain('reverted'),
  },
  {
    name: 'read, write, storage',
    async run({ client, probe, mined }) {
      const before = (await client.readContract({ ...probe, functionName: 'count' })) as bigint
      const receipt = await mined(await client.writeContract({ ...probe, functionName: 'bump', args: [5n] }))
      expect(await client.readContract({ ...probe, functionName: 'count' })).toBe(before + 5n)
      expect(await client.getStorageAt({ address: probe.address, slot: '0x0' })).toBe(word(before + 5n))
      const { blockNumber } = receipt
      expect(await client.readContract({ ...probe, functionName: 'count', blockNumber: blockNumber - 1n })).toBe(before)
    },
  },
  {
    name: 'an estimate is enough and not much more',
    async run({ client, probe, mined }) {
      const call = { ...probe, functionName: 'fill', args: [6n] } as const
      const gas = await client.estimateContractGas({ ...call, account })
      const { gasUsed } = await mined(await client.writeContract({ ...call, gas }))
      expect(Number(gas)).toBeLessThan(Number(gasUsed) * 1.02 + 1_000)
    },
  },
  {
    name: 'a call sees its block and sender',
    async run({ client, probe }) {
      const head = await client.getBlock()
      const call = { ...probe, functionName: 'context', account } as const
      expect(await client.readContract(call)).toEqual([head.number, head.timestamp, 0n, head.parentHash, account])
      const pending = (await client.readContract({ ...call, blockTag: 'pending' })) as readonly unknown[]
      expect([pending[0], pending[3]]).toEqual([head.number + 1n, head.hash])
    },
  },
  {
    name: 'state overrides: balance, code, state, one slot',
    async run({ client, probe }) {
      const count = (stateOverride: StateOverride) =>
        client.readContract({ ...probe, functionName: 'count', stateOverride })
      const { address } = probe
      expect(await count([{ address, stateDiff: [{ slot: word(0), value: word(99) }] }])).toBe(99n)
      expect(await count([{ address, state: [{ slot: word(1), value: word(5) }] }])).toBe(0n)
      // returns the balance of the caller
      const balanceCode = '0x333160005260206000f3'
      const poor = freshAddress()
      const { data } = await client.call({
        account: poor,
        to: address,
        stateOverride: [
          { address, code: balanceCode },
          { address: poor, balance: 123n },
        ],
      })
      expect(data).toBe(word(123))
      const gas = { account: poor, to: account, value: parseEther('1') }
      const { names } = await failure(client.estimateGas(gas))
      expect(names).toContain('InsufficientFundsError')
      const rich = [{ address: poor, balance: parseEther('2') }]
      expect(await client.estimateGas({ ...gas, stateOverride: rich })).toBeGreaterThanOrEqual(21_000n)
    },
  },
  {
    name: 'block overrides',
    async run({ client, probe }) {
      const { data } = await client.call({
        to: probe.address,
        data: encodeFunctionData({ ...probe, functionName: 'context' }),
        blockOverrides: { number: 77n, time: 4_000_000_000n, baseFeePerGas: 3n },
        gasPrice: 3n,
        account,
      })
      expect([data?.slice(2, 66), data?.slice(66, 130), data?.slice(130, 194)]).toEqual(
        [77, 4_000_000_000, 3].map((value) => word(value).slice(2)),
      )
    },
  },
  {
    name: 'a deployless call',
    async run({ client, probe }) {
      const { abi } = probe
      const data = encodeFunctionData({ abi, functionName: 'failSilently' })
      const { names } = await failure(client.call({ code: creationCode, data }))
      expect(names.join()).toMatch(/Revert|CallExecution/)
    },
  },
  {
    name: 'an access list is created, and makes nothing cheaper than it says',
    async run({ client, probe }) {
      const data = encodeFunctionData({ ...probe, functionName: 'bump', args: [1n] })
      const { accessList, gasUsed } = await client.createAccessList({ account, to: probe.address, data })
      expect(accessList).toEqual([{ address: probe.address.toLowerCase(), storageKeys: [word(0)] }])
      expect(await client.estimateGas({ account, to: probe.address, data, accessList })).toBeGreaterThanOrEqual(gasUsed)
    },
  },
  {
    name: 'an estimate counts its access list',
    async run({ client }) {
      const storageKeys = [0, 1, 2, 3].map(word)
      const plain = { account, to: DEV_ADDRESSES[8], value: 1n }
      const listed = { ...plain, accessList: [{ address: DEV_ADDRESSES[9], storageKeys }] }
      const difference = (await client.estimateGas(listed)) - (await client.estimateGas(plain))
      expect(difference).toBeGreaterThanOrEqual(2_400n + 4n * 1_900n)
    },
  },
  {
    name: 'multicall without a deployed contract',
    async run({ client, probe }) {
      const results = await client.multicall({
        contracts: [
          { ...probe, functionName: 'count' },
          { ...probe, functionName: 'failText' },
        ],
        deployless: true,
      })
      expect(results.map(({ status }) => status)).toEqual(['success', 'failure'])
    },
  },
  {
    name: 'simulateCalls: results, a failure among them, asset changes',
    async run({ client, probe }) {
      const { results, assetChanges } = await client.simulateCalls({
        account,
        calls: [
          { to: probe.address, abi: probe.abi, functionName: 'bump', args: [2n] },
          { to: probe.address, abi: probe.abi, functionName: 'bump', args: [500n] },
          { to: DEV_ADDRESSES[8], value: 5n },
        ],
        traceAssetChanges: true,
      })
      expect(results.map(({ status }) => status)).toEqual(['success', 'failure', 'success'])
      expect(results[0]?.logs).toHaveLength(1)
      expect(results[1]?.error).toMatchObject({ cause: { data: { errorName: 'Probe_TooLarge' } } })
      expect(assetChanges).toMatchObject([{ value: { diff: -5n } }])
    },
  },
  {
    name: 'simulateBlocks: state goes from block to block',
    async run({ client, probe }) {
      const count = { to: probe.address, abi: probe.abi, functionName: 'count' } as const
      const head = await client.getBlockNumber()
      const blocks = await client.simulateBlocks({
        blocks: [
          {
            calls: [{ to: probe.address, abi: probe.abi, functionName: 'bump', args: [9n], account }, count],
            stateOverrides: [{ address: probe.address, stateDiff: [{ slot: word(0), value: word(30) }] }],
          },
          { blockOverrides: { number: head + 2n, time: 4_100_000_000n }, calls: [count] },
        ],
      })
      expect(blocks.at(-1)).toMatchObject({ number: head + 2n, timestamp: 4_100_000_000n })
      expect(blocks[0]?.calls[1]).toMatchObject({ status: 'success', result: 39n })
      expect(blocks.at(-1)?.calls[0]).toMatchObject({ result: 39n })
      expect(await client.getBlockNumber()).toBe(head)
    },
  },
  {
    name: 'signatures of messages and typed data are verified through the node',
    async run({ client }) {
      const message = 'hello'
      const signature = await client.signMessage({ message })
      expect(await client.verifyMessage({ address: account, message, signature })).toBe(true)
      expect(await client.verifyMessage({ address: account, message: 'other', signature })).toBe(false)
      const typed = {
        domain: { name: 'Probe', chainId: 1 },
        types: { Note: [{ name: 'text', type: 'string' }] },
        primaryType: 'Note',
        message: { text: 'x' },
      } as const
      const signed = await client.signTypedData(typed)
      expect(await client.verifyTypedData({ ...typed, address: account, signature: signed })).toBe(true)
    },
  },
]
