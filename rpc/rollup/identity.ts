import * as z from 'zod'
import { RollupError } from '../../rollup/errors.ts'
import { ABIS, type ContractName, readKnownContracts } from '../../rollup/knownContracts.ts'
import { createGate } from '../gate.ts'
import { toQuantity } from '../hex.ts'
import { optional, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { address, addressIn, from, hash, named, quantity64 } from './wire.ts'

/** `client`: as web3_clientVersion; `protocol`: fork and input schema; `commit`: of a source checkout; `node`: of Node.js */
export const RollupVersion = named('RollupVersion', {
  client: z.string(),
  protocol: z.string(),
  commit: z.string().optional(),
  node: z.string(),
})
export type RollupVersion = z.infer<typeof RollupVersion>

const NAMES = Object.keys(ABIS) as [ContractName, ...ContractName[]]

/** `abiId`: what rollup_abi calls it; without `codeHash` there is no code, without `createdBlock` L1 does not keep old states. */
export const RollupContract = named('RollupContract', {
  chain: z.enum(['l1', 'l2']),
  address,
  abiId: z.enum(NAMES),
  codeHash: hash.optional(),
  createdBlock: quantity64.optional(),
})
export const RollupContracts = z.record(z.enum(NAMES), RollupContract)
export type RollupContracts = z.infer<typeof RollupContracts>

export const ContractAbi = z.array(z.looseObject({ type: z.string() }))

const Endpoint = named('Endpoint', { chainId: quantity64, http: z.string(), ws: z.string() })

/** What a tool needs to set itself up. Accounts and mnemonic only on a devnet: everybody knows these keys. */
export const RollupDescriptor = named('RollupDescriptor', {
  kind: z.enum(['devnet', 'l2']),
  client: z.string(),
  l1: Endpoint.optional(),
  l2: z.array(
    named('RollupEndpoint', { ...Endpoint.shape, rollup: address, messenger: address, l2Messenger: address }),
  ),
  execute: named('ExecuteDescriptor', { address, gasSchedule: z.string() }),
  sealing: named('SealingDescriptor', { l1: z.string().optional(), l2: z.string() }),
  settling: z.boolean(),
  accounts: z.array(named('DevAccount', { address, privateKey: hash })).optional(),
  mnemonic: z.string().optional(),
})
export type RollupDescriptor = z.infer<typeof RollupDescriptor>

/** geth's form of a genesis */
export const GenesisFile = z.looseObject({ config: z.looseObject({}), alloc: z.record(z.string(), z.looseObject({})) })

const chainName = z.enum(['l1', 'l2'])

/** What this software is, and what a rollup is made of. */
export function rollupIdentityMethods({ rollup }: RollupDeps): MethodTable {
  // each looks through the history of seven contracts
  const gate = createGate(2)
  return {
    rollup_version: rollupMethod(
      { summary: 'Software, protocol and runtime of this node.', params: [], result: RollupVersion },
      () => {
        const { client, commit, node } = rollup().software
        const { fork } = rollup().node.reader.config()
        const protocol = `EIP-8079 draft, ${fork}, StatelessInput 0x1501`
        return { client, protocol, ...(commit === undefined ? {} : { commit }), node }
      },
    ),
    rollup_contracts: rollupMethod(
      { summary: 'The contracts of the rollup on both chains.', params: [], result: RollupContracts },
      (_, { signal }) =>
        gate.run(signal, async () => {
          const { chain, l1, watcher } = rollup().node
          const state = chain.stateAt(chain.head().header.stateRoot)
          const contracts = await readKnownContracts(watcher.deployment, l1, state)
          return Object.fromEntries(
            NAMES.map((name) => {
              const { createdBlock, ...about } = contracts[name]
              const created = createdBlock === undefined ? {} : { createdBlock: toQuantity(createdBlock) }
              return [name, { ...about, abiId: name, ...created }]
            }),
          ) as RollupContracts
        }),
    ),
    rollup_abi: rollupMethod(
      {
        summary: 'The ABI of a contract by its name in rollup_contracts.',
        params: [required('contract', from(z.enum(NAMES)))],
        result: ContractAbi,
      },
      ([name]) => ABIS[name] as unknown as z.input<typeof ContractAbi>,
    ),
    rollup_genesis: rollupMethod(
      {
        summary: 'The genesis of L1 or of the rollup, in the form of geth.',
        params: [required('chain', from(chainName)), optional('rollup', from(addressIn))],
        result: GenesisFile,
      },
      ([chain, address]) => genesisOf(rollup().genesis, chain, address) as z.input<typeof GenesisFile>,
    ),
    rollup_descriptor: rollupMethod(
      { summary: 'Endpoints, addresses and, on a devnet, accounts.', params: [], result: RollupDescriptor },
      () => {
        const { process } = rollup()
        if (process === undefined) throw new RollupError('STARTING', 'nobody serves this rollup')
        return process.descriptor()
      },
    ),
  }
}

type Genesis = ReturnType<RollupDeps['rollup']>['genesis']

function genesisOf(genesis: Genesis, chain: 'l1' | 'l2', address: `0x${string}` | undefined): object {
  if (chain === 'l2') {
    const found = address === undefined ? genesis.l2 : genesis.ofRollup(address)
    if (found !== undefined) return found
    throw new RollupError('UNKNOWN_GENESIS', `this node has no genesis of a rollup at ${address}`, { address })
  }
  if (genesis.l1 !== undefined) return genesis.l1
  throw new RollupError('UNKNOWN_GENESIS', 'the L1 of this rollup runs elsewhere; ask its operator for its genesis')
}
