import type { TransactionRejected } from '../../execution/errors.ts'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import type { BlockOutcome } from '../../execution/types.ts'
import { accounts, addressOf, CHAIN_ID, createDevChain, type DevChain, type DevChainOptions } from './devChain.ts'
import { createRandom, deployer, type ProgramWorld, type Random, randomProgram } from './programs.ts'

const address = (n: number) => `c0de${n.toString(16).padStart(36, '0')}`

/** No creation has an endowment: the library charges for the new account before it sees that the endowment is missing. */
export const WORLD: ProgramWorld = {
  contracts: Array.from({ length: 6 }, (_, i) => address(i)),
  others: [
    ...accounts.slice(0, 4).map(({ address }) => address.slice(2).toLowerCase()),
    '0000000000000000000000000000000000000001',
    '0000000000000000000000000000000000000004',
    'dead00000000000000000000000000000000beef',
    'dead00000000000000000000000000000000bee0',
    'c0'.repeat(20),
  ],
  endowments: [0, 0, 0, 0],
}

/** With endowments, and with SYSTEM_ADDRESS, which the library's check of a list wants unlisted even when a contract looks at it. */
export const WIDE_WORLD: ProgramWorld = {
  contracts: WORLD.contracts,
  others: [...WORLD.others, 'fffffffffffffffffffffffffffffffffffffffe'],
  endowments: [0, 0, 1, 3],
}

export type RandomChainOptions = {
  /** accounts besides the random contracts */
  alloc?: Record<string, GenesisAccount>
  /** what becomes of the code of the random contracts, for forks that lack some of their opcodes */
  compile?: (code: string) => string
}

/** A chain whose genesis holds random contracts with random storage. */
export function createRandomChain(
  seed: number,
  world = WIDE_WORLD,
  config: DevChainOptions['config'] = {},
  { alloc: others = {}, compile = (code) => code }: RandomChainOptions = {},
): Promise<DevChain> {
  const random = createRandom(seed)
  const alloc: Record<string, GenesisAccount> = { ...others }
  for (const contract of WORLD.contracts) {
    const storage: Record<string, string> = {}
    for (let slot = 0; slot < 5; slot++) {
      if (random.chance(40)) storage[`0x${slot.toString(16).padStart(64, '0')}`] = `0x${1 + random.below(2)}`
    }
    const code = `0x${compile(randomProgram(random, world, 8))}`
    alloc[`0x${contract}`] = { balance: random.chance(50) ? '0x64' : '0x0', nonce: '0x1', code, storage }
  }
  return createDevChain({ alloc, config })
}

type Fees = { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }

/** A signed transaction of a random kind, raw hex. Its nonce may be wrong now and then. `nonces` are those of the dev accounts. */
export async function randomTransaction(
  random: Random,
  nonces: readonly number[],
  { leastDelegationGas: least = 0n, mostGas = 18_000_000 }: RandomBlockOptions = {},
): Promise<string> {
  const index = random.below(accounts.length)
  const signer = accounts[index]
  if (signer === undefined) throw new Error('no such account')
  const nonce = (nonces[index] ?? 0) + (random.chance(3) ? 1 : 0)
  const to = (random.chance(70) ? random.pick(WORLD.contracts) : random.pick(WORLD.others)) as string
  const base = {
    chainId: CHAIN_ID,
    nonce,
    gas: BigInt(random.pick([21_000, 60_000, 300_000, 1_000_000, 3_000_000, mostGas])),
    value: BigInt(random.pick([0, 0, 1, 1000])),
    data: `0x${'00ff'.repeat(random.below(40))}` as `0x${string}`,
  }
  const fees: Fees = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: BigInt(random.below(2)) * 1_000_000_000n }
  const target = { to: `0x${to}` as `0x${string}` }
  const init = `0x${random.chance(50) ? deployer('5f5f55') : randomProgram(random, WORLD, 4)}` as `0x${string}`
  const accessList = [{ address: `0x${random.pick(WORLD.contracts)}` as `0x${string}`, storageKeys: [slotKey(random)] }]
  const kind = random.below(6)
  return kind === 0
    ? signer.signTransaction({ ...base, ...target, type: 'legacy', gasPrice: 20_000_000_000n })
    : kind === 1
      ? signer.signTransaction({ ...base, ...target, type: 'eip2930', gasPrice: 20_000_000_000n, accessList })
      : kind === 2
        ? signer.signTransaction({ ...base, ...fees, type: 'eip1559', data: init })
        : kind === 3
          ? signer.signTransaction({
              ...base,
              ...fees,
              ...target,
              gas: base.gas > least ? base.gas : least,
              type: 'eip7702',
              authorizationList: await authorizations(random, nonces),
            })
          : signer.signTransaction({ ...base, ...fees, ...target, type: 'eip1559', accessList })
}

function slotKey(random: Random): `0x${string}` {
  return `0x${random.below(5).toString(16).padStart(64, '0')}`
}

async function authorizations(random: Random, nonces: readonly number[]) {
  const list = []
  for (let i = 0; i <= random.below(2); i++) {
    const index = random.below(accounts.length)
    const authority = accounts[index]
    if (authority === undefined) throw new Error('no such account')
    const contractAddress = random.chance(25)
      ? (`0x${'00'.repeat(20)}` as const)
      : (`0x${random.pick(WORLD.contracts)}` as `0x${string}`)
    const chainId = random.chance(80) ? CHAIN_ID : 0
    list.push(
      await authority.signAuthorization({ contractAddress, chainId, nonce: (nonces[index] ?? 0) + random.below(2) }),
    )
  }
  return list
}

/** `mostGas` is the highest gas limit; before Amsterdam no transaction may have more than 2^24. */
export type RandomBlockOptions = { leastDelegationGas?: bigint; mostGas?: number }

export type RandomBlock = { outcome: BlockOutcome; tried: number; rejected: TransactionRejected[]; refused: number }

/**
 * Builds one block of random transactions, some of which are rejected or refused on the way. Transactions that set
 * delegations have at least `leastDelegationGas`: the library lists delegations that ran out of gas and were undone.
 */
export async function buildRandomBlock(
  chain: DevChain,
  seed: number,
  size: number,
  options: RandomBlockOptions = {},
): Promise<RandomBlock> {
  const random = createRandom(seed)
  const withdrawals = random.chance(40)
    ? [0, 1].map((i) => ({
        index: BigInt(i),
        validatorIndex: 1n,
        address: addressOf(i + 2),
        amount: BigInt(random.below(2)),
      }))
    : []
  const assembly = await chain.engine.beginBlock({
    parent: chain.head.header,
    parentHash: chain.head.hash,
    env: chain.env({ withdrawals, parentBeaconBlockRoot: new Uint8Array(32).fill(random.below(3)) }),
    state: chain.state(),
    blockHash: chain.memory.blockHash,
  })
  const nonces: number[] = []
  const readNonces = async () => {
    for (let i = 0; i < accounts.length; i++) nonces[i] = Number((await assembly.getAccount(addressOf(i)))?.nonce ?? 0n)
  }
  const rejected: TransactionRejected[] = []
  let refused = 0
  for (let i = 0; i < size; i++) {
    await readNonces()
    const tx = chain.decode(await randomTransaction(random, nonces, options))
    const refuse = random.chance(15)
    const outcome = await assembly
      .addTransaction(tx, () => !refuse)
      .catch((error: TransactionRejected) => {
        if (error.name !== 'TransactionRejected') throw error
        rejected.push(error)
      })
    if (refuse && outcome === undefined) refused++
  }
  return { outcome: await assembly.seal(), tried: size, rejected, refused }
}
