import { AbiCoder } from 'ethers'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { type Check, failure, type Tools } from './tools.ts'

const from = DEV_ADDRESSES[0]

/** Requests instead of contract functions: ethers would only call a function that changes nothing. */
const requestOf = ({ probe, probeAddress }: Tools, name: string, args: unknown[]) => ({
  to: probeAddress,
  from,
  data: probe.interface.encodeFunctionData(name, args),
})

const WAYS = {
  call: (tools: Tools, name: string, args: unknown[]) => tools.provider.call(requestOf(tools, name, args)),
  estimate: (tools: Tools, name: string, args: unknown[]) => tools.provider.estimateGas(requestOf(tools, name, args)),
  send: (tools: Tools, name: string, args: unknown[]) => tools.wallet(0).sendTransaction(requestOf(tools, name, args)),
}

const reverts: readonly Check[] = Object.entries(WAYS).flatMap(([way, run]): Check[] => [
  {
    name: `a custom error is decoded (${way})`,
    async run(tools) {
      const error = await failure(run(tools, 'bump', [500n]))
      expect(error).toMatchObject({ code: 'CALL_EXCEPTION' })
      const revert = tools.probe.interface.parseError(String(error.data))
      expect([revert?.name, ...(revert?.args ?? [])]).toEqual(['Probe_TooLarge', 500n, 100n])
    },
  },
  {
    name: `a revert reason is decoded (${way})`,
    run: async (tools) =>
      expect(await failure(run(tools, 'failText', []))).toMatchObject({ code: 'CALL_EXCEPTION', reason: 'no way' }),
  },
  {
    name: `a panic is decoded (${way})`,
    run: async (tools) =>
      expect(await failure(run(tools, 'failPanic', [0n]))).toMatchObject({
        code: 'CALL_EXCEPTION',
        reason: 'Panic due to DIVIDE_BY_ZERO(18)',
      }),
  },
])

export const contracts: readonly Check[] = [
  ...reverts,
  {
    name: 'a custom error of a contract function is decoded',
    run: async ({ probe }) =>
      expect(await failure(probe.getFunction('bump').staticCall(500n))).toMatchObject({
        code: 'CALL_EXCEPTION',
        revert: { name: 'Probe_TooLarge' },
      }),
  },
  {
    name: 'a revert without data',
    run: async ({ probe }) =>
      expect(await failure(probe.getFunction('failSilently').staticCall())).toMatchObject({
        code: 'CALL_EXCEPTION',
        data: '0x',
      }),
  },
  {
    name: 'read, write, event in the receipt, storage',
    async run({ probe, provider, probeAddress }) {
      const before = await probe.getFunction('count')()
      const receipt = await (await probe.getFunction('bump').send(3n)).wait()
      const [log] = receipt?.logs ?? []
      expect(log).toMatchObject({ fragment: { name: 'Bumped' } })
      expect(log !== undefined && 'args' in log ? [...(log.args as unknown[])] : []).toEqual([from, before + 3n])
      expect(await probe.getFunction('count')()).toBe(before + 3n)
      const slot = await provider.getStorage(probeAddress, 0)
      expect([...AbiCoder.defaultAbiCoder().decode(['uint256'], slot)]).toEqual([before + 3n])
      const earlier = (receipt?.blockNumber ?? 0) - 1
      expect(await probe.getFunction('count').staticCall({ blockTag: earlier })).toBe(before)
    },
  },
  {
    name: 'an estimate is enough and not much more',
    async run({ probe }) {
      const gasLimit = await probe.getFunction('fill').estimateGas(6n)
      const receipt = await (await probe.getFunction('fill').send(6n, { gasLimit })).wait()
      expect(receipt?.status).toBe(1)
      expect(Number(gasLimit)).toBeLessThan(Number(receipt?.gasUsed) * 1.02 + 1_000)
    },
  },
  {
    name: 'a call in the pending block',
    async run({ probe, provider }) {
      const head = await provider.getBlock('latest')
      const [number, , , parent] = await probe.getFunction('context').staticCall({ blockTag: 'pending' })
      expect([number, parent]).toEqual([BigInt(head?.number ?? 0) + 1n, head?.hash])
    },
  },
  {
    name: 'events are queried by filter and range',
    async run({ probe }) {
      const bumped = probe.filters.Bumped
      const receipt = await (await probe.getFunction('bump').send(1n)).wait()
      const events = await probe.queryFilter(bumped?.(from) ?? '', receipt?.blockNumber, receipt?.blockNumber)
      expect(events).toMatchObject([{ transactionHash: receipt?.hash, eventName: 'Bumped' }])
      expect(await probe.queryFilter(bumped?.(DEV_ADDRESSES[3]) ?? '', 0)).toEqual([])
    },
  },
  {
    name: 'an access list is created, and an estimate with it is no less',
    async run({ provider, probe, probeAddress }) {
      const data = probe.interface.encodeFunctionData('bump', [1n])
      const answer = await provider.send('eth_createAccessList', [{ from, to: probeAddress, data }])
      expect(answer.accessList).toMatchObject([{ address: probeAddress.toLowerCase() }])
      const gas = await provider.estimateGas({ from, to: probeAddress, data, accessList: answer.accessList })
      expect(gas).toBeGreaterThanOrEqual(BigInt(answer.gasUsed))
    },
  },
]
