import { type Block, type Hex, type Log, parseAbiItem } from 'viem'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { stepUntil } from '../scenes.ts'
import type { Check, Tools } from './tools.ts'

const bumpedEvent = parseAbiItem('event Bumped(address indexed by, uint256 value)')

const bump = async ({ client, probe, mined }: Tools) =>
  mined(await client.writeContract({ ...probe, functionName: 'bump', args: [1n] }))

/** A watcher sees what happens after it has started, so things happen until it does. */
const bumpUntil = (tools: Tools, isDone: () => boolean) => stepUntil(isDone, () => bump(tools))

/** By push on a WebSocket, by filters or blocks otherwise; `poll` asks for the latter on a WebSocket, too. */
const ways = [
  ['as the transport does it', {}],
  ['by polling', { poll: true }],
] as const

const watchers: readonly Check[] = ways.flatMap(([way, how]): Check[] => [
  {
    name: `watchContractEvent ${way}`,
    async run(tools) {
      const logs: Log[] = []
      const stop = tools.client.watchContractEvent({
        ...tools.probe,
        ...how,
        eventName: 'Bumped',
        onLogs: (found) => void logs.push(...found),
      })
      await bumpUntil(tools, () => logs.length > 1)
      stop()
      expect(logs[0]).toMatchObject({ eventName: 'Bumped', args: { by: DEV_ADDRESSES[0] }, removed: false })
    },
  },
  {
    name: `watchBlocks ${way}`,
    async run(tools) {
      const seen: Block[] = []
      const stop = tools.client.watchBlocks({ ...how, onBlock: (block) => void seen.push(block), emitMissed: true })
      await bumpUntil(tools, () => seen.length > 2)
      stop()
      const block = seen.at(-1)
      expect(await tools.client.getBlock({ blockNumber: block?.number ?? 0n })).toMatchObject({ hash: block?.hash })
    },
  },
  {
    name: `watchBlockNumber ${way}`,
    async run(tools) {
      const numbers: bigint[] = []
      const stop = tools.client.watchBlockNumber({ ...how, onBlockNumber: (number) => void numbers.push(number) })
      await bumpUntil(tools, () => numbers.length > 1)
      stop()
      expect(numbers).toEqual(numbers.toSorted((a, b) => Number(a - b)))
    },
  },
  {
    name: `watchPendingTransactions ${way}`,
    async run(tools) {
      const hashes: Hex[] = []
      const sent = new Set<Hex>()
      const stop = tools.client.watchPendingTransactions({
        ...how,
        onTransactions: (found) => void hashes.push(...found),
      })
      await stepUntil(
        () => hashes.some((hash) => sent.has(hash)),
        async () => sent.add((await bump(tools)).transactionHash),
      )
      stop()
    },
  },
])

export const events: readonly Check[] = [
  ...watchers,
  {
    name: 'getLogs by address, topic, range and block hash',
    async run(tools) {
      const { client, probe } = tools
      const { blockHash, blockNumber } = await bump(tools)
      const { address } = probe
      const range = { fromBlock: blockNumber, toBlock: blockNumber }
      const [log, ...others] = await client.getLogs({
        address,
        event: bumpedEvent,
        args: { by: DEV_ADDRESSES[0] },
        ...range,
      })
      expect(others).toEqual([])
      expect(log).toMatchObject({ blockHash, blockNumber, logIndex: 0, args: { by: DEV_ADDRESSES[0] } })
      expect(await client.getLogs({ blockHash, address })).toMatchObject([{ transactionHash: log?.transactionHash }])
      expect(await client.getLogs({ event: bumpedEvent, args: { by: DEV_ADDRESSES[4] }, ...range })).toEqual([])
      expect(await client.getLogs({ address: [address, DEV_ADDRESSES[1]], ...range })).toHaveLength(1)
      expect(await client.getLogs({ address: DEV_ADDRESSES[1], fromBlock: 0n })).toEqual([])
    },
  },
  {
    name: 'getContractEvents from the beginning',
    async run(tools) {
      const { client, probe } = tools
      const { transactionHash } = await bump(tools)
      const found = await client.getContractEvents({ ...probe, eventName: 'Bumped', fromBlock: 'earliest' })
      expect(found.at(-1)).toMatchObject({ transactionHash, eventName: 'Bumped' })
    },
  },
  {
    name: 'an event filter gives each log once, and all of them again when asked',
    async run(tools) {
      const { client, probe } = tools
      const filter = await client.createContractEventFilter({ ...probe, eventName: 'Bumped' })
      const { transactionHash } = await bump(tools)
      expect(await client.getFilterChanges({ filter })).toMatchObject([{ transactionHash }])
      expect(await client.getFilterChanges({ filter })).toEqual([])
      expect((await client.getFilterLogs({ filter })).at(-1)).toMatchObject({ transactionHash })
      expect(await client.uninstallFilter({ filter })).toBe(true)
      expect(await client.uninstallFilter({ filter })).toBe(false)
      await expect(client.getFilterChanges({ filter })).rejects.toThrow('filter not found')
    },
  },
  {
    name: 'a block filter and a filter of pending transactions',
    async run(tools) {
      const { client } = tools
      const blocks = await client.createBlockFilter()
      const pending = await client.createPendingTransactionFilter()
      const { blockHash, transactionHash } = await bump(tools)
      expect(await client.getFilterChanges({ filter: blocks })).toEqual([blockHash])
      expect(await client.getFilterChanges({ filter: pending })).toEqual([transactionHash])
    },
  },
]
