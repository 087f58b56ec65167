import { Contract, type Listener } from 'ethers'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { stepUntil } from '../scenes.ts'
import type { Check, Tools } from './tools.ts'

const bump = async ({ probe }: Tools) => (await probe.getFunction('bump').send(1n)).wait()

/** A listener hears what happens after it has subscribed, so things happen until it does. */
async function heardBy(
  tools: Tools,
  subscribe: (listener: Listener) => Promise<unknown>,
  unsubscribe: (listener: Listener) => Promise<unknown>,
): Promise<unknown[]> {
  const heard: unknown[][] = []
  const listener: Listener = (...args: unknown[]) => void heard.push(args)
  await subscribe(listener)
  await stepUntil(
    () => heard.length > 0,
    () => bump(tools),
  )
  await unsubscribe(listener)
  return heard[0] ?? []
}

export const events: readonly Check[] = [
  {
    name: 'contract events',
    async run(tools) {
      const probe = new Contract(tools.probeAddress, tools.probe.interface, tools.provider)
      const [by] = await heardBy(
        tools,
        (listener) => probe.on('Bumped', listener),
        (listener) => probe.off('Bumped', listener),
      )
      expect(by).toBe(DEV_ADDRESSES[0])
    },
  },
  {
    name: 'blocks',
    async run(tools) {
      const { provider } = tools
      const [number] = await heardBy(
        tools,
        (listener) => provider.on('block', listener),
        (listener) => provider.off('block', listener),
      )
      expect(number).toBeLessThanOrEqual(await provider.getBlockNumber())
    },
  },
  {
    name: 'pending transactions',
    async run(tools) {
      const { provider } = tools
      const [hash] = await heardBy(
        tools,
        (listener) => provider.on('pending', listener),
        (listener) => provider.off('pending', listener),
      )
      expect(await provider.getTransaction(String(hash))).toMatchObject({ from: DEV_ADDRESSES[0] })
    },
  },
  {
    name: 'logs by address and topic',
    async run(tools) {
      const { provider, probe } = tools
      const filter = { address: tools.probeAddress, topics: [probe.interface.getEvent('Bumped')?.topicHash ?? null] }
      const [log] = await heardBy(
        tools,
        (listener) => provider.on(filter, listener),
        (listener) => provider.off(filter, listener),
      )
      expect(log).toMatchObject({ address: tools.probeAddress, removed: false })
    },
  },
  {
    name: 'waiting for a transaction by its hash',
    async run({ provider, signer }) {
      const { hash } = await signer.sendTransaction({ to: DEV_ADDRESSES[8], value: 1n })
      expect(await provider.waitForTransaction(hash, 1, 10_000)).toMatchObject({ hash, status: 1 })
    },
  },
]
