/// <reference lib="esnext.disposable" preserve="true" />
import { setImmediate } from 'node:timers/promises'
import type { Chain, Hash, Hex, LocalAccount } from 'viem'
import { getDevnetChains, type NativeRollupChain } from '../client/viem.ts'
import { DEV_MNEMONIC, DEV_PRIVATE_KEYS, devAccount } from '../genesis/accounts.ts'
import { systemClock, systemTimers } from '../node/clock.ts'
import { silentLogger } from '../node/logger.ts'
import type { SealMode } from '../node/types.ts'
import { type Devnet, startDevnet } from './devnet.ts'
import { type DevnetL1Client, type DevnetL2Client, devnetL1Client, devnetL2Client } from './devnetClients.ts'
import { asOptionError, type CreateDevnetOptions, DevnetError, devnetLogger, devnetOptionsOf } from './devnetInputs.ts'
import { mineOnAll, requireCount, settleAll } from './devnetMoves.ts'

export type { DevnetL1Client, DevnetL2Client } from './devnetClients.ts'
export { type CreateDevnetOptions, DevnetError, type DevnetLogger } from './devnetInputs.ts'

/** A chain of a devnet, and where it is served. */
export type DevnetEndpoint<chain> = {
  /** HTTP */
  readonly url: string
  /** WebSocket, on the same port */
  readonly wsUrl: string
  /** for viem, with all addresses */
  readonly chain: chain
}

/** One for each test account. */
export type Ten<item> = readonly [item, item, item, item, item, item, item, item, item, item]

/** Clients of one account on L1 and on one rollup. */
export type DevnetClients = { readonly l1: DevnetL1Client; readonly l2: DevnetL2Client }

/** A devnet in this process. After `close` everything that goes through it throws DevnetError CLOSED. */
export type CreatedDevnet = {
  readonly l1: DevnetEndpoint<Chain>
  /** the first rollup */
  readonly l2: DevnetEndpoint<NativeRollupChain>
  readonly rollups: readonly DevnetEndpoint<NativeRollupChain>[]
  /** of the public test mnemonic, with 10,000 ETH each on L1 and 1,000 ETH each on every L2 */
  readonly accounts: Ten<LocalAccount>
  /** of these accounts, for tools that take keys; everybody knows them */
  readonly privateKeys: Ten<Hex>
  readonly mnemonic: string
  /** of the first account, on L1 and on the first rollup */
  readonly clients: DevnetClients
  /**
   * Clients of a test account, by its index, or of any account; on the first rollup or another one.
   *
   * @throws DevnetError BAD_ACCOUNT, NO_ROLLUP
   */
  clientsOf(account: number | LocalAccount, rollup?: number): DevnetClients
  /** Makes so many blocks on L1, then so many on every rollup, which have read L1 by then. Default: one on each. */
  mine(blocks?: { l1?: number | undefined; l2?: number | undefined }): Promise<void>
  /**
   * Settles the blocks that every rollup has now, and gives the L1 transactions. Where L1 makes no blocks for transactions,
   * it makes those that this needs.
   *
   * @throws NodeError CANNOT_SETTLE when L1 would not take a block now, DevnetError UNFINISHED after 30 seconds
   */
  settle(): Promise<readonly Hash[]>
  /** Remembers all chains as they are; the id is for `revert`. */
  snapshot(): Promise<bigint>
  /** Takes all chains back to a snapshot, which is used up with all later ones. */
  revert(id: bigint): Promise<void>
  /** Moves the clock of all chains ahead by so many seconds, and makes a block on each. */
  increaseTime(seconds: number): Promise<void>
  /** Ends everything; a second call waits for the first. Nothing is left open in this process. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts an L1 with EXECUTE and native rollups on it in this process, on free ports: no output, no signal handlers, and
 * nothing that keeps the process alive after `close`. Any number of them run beside each other.
 *
 * @example
 * const devnet = await createDevnet()
 * const hash = await devnet.clients.l1.sendTransaction({ to: devnet.accounts[1].address, value: 1n })
 * await devnet.close()
 *
 * @throws DevnetError BAD_OPTION; NodeError for a taken port, or a folder that another process uses
 */
export async function createDevnet(options: CreateDevnetOptions = {}): Promise<CreatedDevnet> {
  const settings = devnetOptionsOf(options)
  const sealing: SealMode | undefined = options.sealing === 'manual' ? { kind: 'manual' } : undefined
  const devnet = await startDevnet(settings, {
    clock: systemClock,
    timers: systemTimers,
    logger: options.logger === undefined ? silentLogger : devnetLogger(options.logger),
    ...(sealing === undefined ? {} : { sealModes: { l1: sealing, l2: sealing } }),
  }).catch((error: unknown) => {
    throw asOptionError(error)
  })
  try {
    return await joined(devnet)
  } catch (error) {
    await devnet.close()
    throw error
  }
}

/** A devnet that runs, with clients. */
async function joined(devnet: Devnet): Promise<CreatedDevnet> {
  const chains = await getDevnetChains(devnet.summary.l1Url)
  const accounts = ten(devAccount)
  const rollups = chains.rollups.map(endpointOf)
  const clientsOf = (account: number | LocalAccount, rollup = 0): DevnetClients => {
    const from = typeof account === 'number' ? requireAccount(accounts, account) : account
    return { l1: devnetL1Client(chains.l1, from), l2: devnetL2Client(requireRollup(chains.rollups, rollup), from) }
  }
  const clients = clientsOf(0)
  const operators = chains.rollups.map((_, index) => clientsOf(0, index).l2)
  return {
    l1: endpointOf(chains.l1),
    l2: requireRollup(rollups, 0),
    rollups,
    accounts,
    privateKeys: DEV_PRIVATE_KEYS,
    mnemonic: DEV_MNEMONIC,
    clients,
    clientsOf,
    ...moves(devnet, clients.l1, operators),
  }
}

type Moves = 'mine' | 'settle' | 'snapshot' | 'revert' | 'increaseTime' | 'close' | typeof Symbol.asyncDispose

function moves(devnet: Devnet, l1: DevnetL1Client, rollups: readonly DevnetL2Client[]): Pick<CreatedDevnet, Moves> {
  let closing: Promise<void> | undefined
  /** of a closed devnet clients say that nobody listens, which does not tell why */
  const whileOpen = <Result>(work: () => Promise<Result>): Promise<Result> =>
    closing === undefined ? work() : Promise.reject(new DevnetError('CLOSED', 'this devnet is closed'))
  const close = () => {
    closing ??= devnet.close().then(freed)
    return closing
  }
  return {
    mine: (blocks = { l1: 1, l2: 1 }) => whileOpen(() => mineOnAll(devnet, l1, rollups, blocks)),
    settle: () => whileOpen(() => settleAll(devnet)),
    snapshot: () => whileOpen(() => l1.snapshotBoth()),
    async revert(id) {
      await whileOpen(() => l1.revertBoth({ id }))
    },
    async increaseTime(seconds) {
      const count = requireCount('increaseTime', seconds)
      await whileOpen(() => l1.setTime({ seconds: BigInt(count) }))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Node lets go of handles two turns of the event loop after it says that they are closed. */
async function freed(): Promise<void> {
  await setImmediate()
  await setImmediate()
}

const ten = <item>(make: (index: number) => item): Ten<item> => [
  make(0),
  make(1),
  make(2),
  make(3),
  make(4),
  make(5),
  make(6),
  make(7),
  make(8),
  make(9),
]

function endpointOf<chain extends Chain>(chain: chain): DevnetEndpoint<chain> {
  const { http, webSocket } = chain.rpcUrls.default
  const [url = ''] = http
  return { url, wsUrl: webSocket?.[0] ?? '', chain }
}

function requireAccount(accounts: readonly LocalAccount[], index: number): LocalAccount {
  const account = accounts[index]
  if (account !== undefined) return account
  throw new DevnetError(
    'BAD_ACCOUNT',
    `there are ${accounts.length} test accounts, the first is 0; there is no ${index}`,
  )
}

function requireRollup<entry>(rollups: readonly entry[], index: number): entry {
  const rollup = rollups[index]
  if (rollup !== undefined) return rollup
  const message = `this devnet has ${rollups.length} rollups, the first is 0; there is no ${index}`
  throw new DevnetError('NO_ROLLUP', message)
}
