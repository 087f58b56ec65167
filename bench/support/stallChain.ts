import { type Hex, numberToHex, pad } from 'viem'
import { devAccount } from '../../genesis/accounts.ts'
import { ask } from '../../load/ask.ts'
import {
  type Contracts,
  createSender,
  deployContracts,
  fillSlots,
  heavyTransactions,
  type Sender,
  type Target,
} from './load.ts'

/** What the cases ask about: one chain with every kind of heavy block. */
export type StallChain = {
  readonly url: string
  readonly chainId: number
  readonly contracts: Contracts
  readonly senders: readonly Sender[]
  /** block numbers */
  readonly blocks: { readonly tokens: Hex; readonly transfers: Hex; readonly heavy: Hex }
  /** hashes of the transactions in the heavy block: computing, storage */
  readonly heavy: readonly Hex[]
}

const HEAVY_GAS = 16_777_216n
const SENDERS = 9
const TOKEN_WRITES = 500
const TRANSFERS = 2_700
/** a section of the bloom index, and some more */
const BLOCKS_WITH_LOGS = 1_100
const RECEIVERS = 50

const word = (n: number): Hex => pad(numberToHex(n))

/** One block of what `fill` sends; its number. */
async function sealed(url: string, fill: () => Promise<unknown>): Promise<Hex> {
  await ask(url, 'evm_setAutomine', [false])
  await fill()
  await ask(url, 'evm_mine', [])
  const number = await ask<Hex>(url, 'eth_blockNumber', [])
  await ask(url, 'evm_setAutomine', [true])
  return number
}

export async function buildStallChain(url: string): Promise<StallChain> {
  const chainId = Number(await ask<Hex>(url, 'eth_chainId', []))
  const target: Target = { name: 'L1', url, chainId, heavyGas: HEAVY_GAS }
  const senders = await Promise.all(Array.from({ length: SENDERS }, (_, index) => createSender(target, index)))
  const [first] = senders
  if (first === undefined) throw new Error('no senders')
  const contracts = await deployContracts(first)
  await fillSlots(first, contracts, target)
  const write = (n: number) => ({ to: contracts.token, data: word(0x1000 + (n % RECEIVERS)), gas: 200_000n })
  const spread = (count: number, make: (n: number) => Parameters<Sender['send']>[0]) => async () => {
    for (let n = 0; n < count; n++) await senders[n % SENDERS]?.send(make(n))
  }
  await spread(RECEIVERS, write)()
  const tokens = await sealed(
    url,
    spread(TOKEN_WRITES, (n) => ({ ...write(n), gas: 60_000n })),
  )
  const transfers = await sealed(
    url,
    spread(TRANSFERS, (n) => ({ to: devAccount(n % SENDERS).address, value: 1n, gas: 21_000n })),
  )
  const heavy: Hex[] = []
  const heavyBlock = await sealed(url, async () => {
    for (const tx of heavyTransactions(contracts, target)) heavy.push(await first.send(tx))
  })
  await spread(BLOCKS_WITH_LOGS, write)()
  return { url, chainId, contracts, senders, blocks: { tokens, transfers, heavy: heavyBlock }, heavy }
}
