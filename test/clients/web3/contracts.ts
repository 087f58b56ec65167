import { expect } from 'vitest'
import { type Check, FROM, failure, type Method, type Tools } from './tools.ts'

const method = ({ probe }: Tools, name: string, ...args: unknown[]): Method => {
  const make = probe.methods[name]
  return make === undefined ? expect.fail(`no method ${name}`) : make(...args)
}

/** What web3 decodes from a revert: in its cause when it called, in itself when it was about to send. */
async function decoded(work: () => Promise<unknown>) {
  const { error } = await failure(work)
  const cause = (error.cause ?? {}) as { errorName?: string; errorArgs?: Record<string, unknown>; data?: string }
  return { ...cause, reason: String(error.reason ?? ''), name: error.name, sent: String(error.data ?? '') }
}

export const contracts: readonly Check[] = [
  {
    name: 'a custom error is decoded (call)',
    run: async (tools) =>
      expect(await decoded(() => method(tools, 'bump', 500n).call())).toMatchObject({
        errorName: 'Probe_TooLarge',
        errorArgs: { given: 500n, limit: 100n },
      }),
  },
  {
    name: 'a custom error has its data (estimate)',
    run: async (tools) =>
      expect((await decoded(() => method(tools, 'bump', 500n).estimateGas({ from: FROM }))).data).toMatch(
        /^0x0cf75594/,
      ),
  },
  {
    name: 'a custom error has its data (send)',
    run: async (tools) =>
      expect(await decoded(() => method(tools, 'bump', 500n).send({ from: FROM }))).toMatchObject({
        name: 'TransactionRevertInstructionError',
        sent: `${500n.toString(16).padStart(64, '0')}${100n.toString(16).padStart(64, '0')}`,
      }),
  },
  {
    name: 'a revert reason is decoded (call)',
    run: async (tools) =>
      expect(await decoded(() => method(tools, 'failText').call())).toMatchObject({ errorArgs: { message: 'no way' } }),
  },
  {
    name: 'a revert reason is decoded (estimate)',
    run: async (tools) =>
      expect((await failure(() => method(tools, 'failText').estimateGas({ from: FROM }))).words).toContain('no way'),
  },
  {
    name: 'a revert reason is decoded (send)',
    run: async (tools) =>
      expect((await decoded(() => method(tools, 'failText').send({ from: FROM }))).reason).toBe(
        'execution reverted: no way',
      ),
  },
  {
    name: 'a panic is decoded (call)',
    run: async (tools) =>
      expect(await decoded(() => method(tools, 'failPanic', 0n).call())).toMatchObject({
        errorName: 'Panic',
        errorArgs: { code: 18n },
      }),
  },
  {
    name: 'a panic is decoded (estimate)',
    run: async (tools) =>
      expect((await failure(() => method(tools, 'failPanic', 0n).estimateGas({ from: FROM }))).words).toContain(
        'division',
      ),
  },
  {
    name: 'a panic is decoded (send)',
    run: async (tools) =>
      expect((await decoded(() => method(tools, 'failPanic', 0n).send({ from: FROM }))).reason).toContain('division'),
  },
  {
    name: 'read, write, event in the receipt, storage',
    async run(tools) {
      const before = (await method(tools, 'count').call()) as bigint
      const receipt = await method(tools, 'bump', 3n).send({ from: FROM })
      expect(receipt.events?.Bumped?.returnValues).toMatchObject({ by: FROM, value: before + 3n })
      expect(await method(tools, 'count').call()).toBe(before + 3n)
      const slot = await tools.web3.eth.getStorageAt(tools.probe.options.address, 0n)
      expect(BigInt(slot)).toBe(before + 3n)
      expect(await method(tools, 'count').call({}, BigInt(receipt.blockNumber) - 1n)).toBe(before)
    },
  },
  {
    name: 'an estimate is enough and not much more',
    async run(tools) {
      const gas = await method(tools, 'fill', 6n).estimateGas({ from: FROM })
      const receipt = await method(tools, 'fill', 6n).send({ from: FROM, gas: String(gas) })
      expect(receipt.status).toBe(1n)
      expect(Number(gas)).toBeLessThan(Number(receipt.gasUsed) * 1.02 + 1_000)
    },
  },
  {
    name: 'an access list is created',
    async run(tools) {
      const { accessList, gasUsed } = await method(tools, 'bump', 1n).createAccessList({ from: FROM })
      expect(accessList).toMatchObject([{ address: tools.probe.options.address.toLowerCase() }])
      expect(BigInt(gasUsed)).toBeGreaterThan(21_000n)
    },
  },
  {
    name: 'events of the past',
    async run(tools) {
      const { transactionHash, blockNumber } = await method(tools, 'bump', 1n).send({ from: FROM })
      const range = { fromBlock: blockNumber, toBlock: 'latest', filter: { by: FROM } }
      const found = await tools.probe.getPastEvents('Bumped', range)
      expect(found).toMatchObject([{ transactionHash, returnValues: { by: FROM } }])
    },
  },
]
