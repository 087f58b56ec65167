import { type ChainSpec, createChainSpec } from '../../execution/chainSpec.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import type { CallContext } from '../../execution/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { createMemoryChain, cryptoOnce } from './support.ts'

export const ETHER = 10n ** 18n

/** Names of forks in genesis files, oldest first. */
export const FORKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'istanbulBlock',
  'berlinBlock',
  'londonBlock',
  'shanghaiTime',
  'cancunTime',
  'pragueTime',
  'osakaTime',
  'amsterdamTime',
]

/** All forks up to and including this one from block 0 on; `none` is Frontier alone. */
export function configUpTo(last: string): Record<string, number> {
  const index = FORKS.indexOf(last)
  if (index === -1 && last !== 'none') throw new Error(`no fork ${last}`)
  const names = FORKS.slice(0, index + 1)
  const merge = names.includes('shanghaiTime') ? { terminalTotalDifficulty: 0 } : {}
  return { ...Object.fromEntries(names.map((name) => [name, 0])), ...merge }
}

export type Fixture = { spec: ChainSpec; context: CallContext }

/** A state with these accounts and a block on top of which calls run. */
export async function createFixture(
  last: string,
  alloc: Record<string, Partial<GenesisAccount>>,
  fields: { gasLimit?: string; baseFeePerGas?: string; excessBlobGas?: string; coinbase?: string } = {},
): Promise<Fixture> {
  const config = { chainId: 18079, ...configUpTo(last) }
  const spec = createChainSpec(config, { crypto: await cryptoOnce })
  const accounts = Object.fromEntries(
    Object.entries(alloc).map(([key, account]) => [key, { balance: '0x0', ...account }]),
  )
  const genesis = genesisBlock({ config, timestamp: '0x64', gasLimit: '0x3938700', ...fields, alloc: accounts }, spec)
  const chain = createMemoryChain()
  chain.write({ nodes: genesis.commit.nodes, codes: genesis.changes.codes })
  chain.append(genesis.block)
  return {
    spec,
    context: { header: genesis.block.header, state: chain.view(genesis.commit.root), blockHash: chain.blockHash },
  }
}

export const address = (byte: number): Uint8Array => {
  const bytes = new Uint8Array(20)
  bytes[0] = 0xc0
  bytes[19] = byte
  return bytes
}

export const key = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`
export const bytes = (text: string): Uint8Array => hexToBytes(text)
export const words = (output: Uint8Array): bigint[] => {
  const hex = bytesToHex(output)
  return Array.from({ length: output.length / 32 }, (_, i) => BigInt(`0x${hex.slice(i * 64, i * 64 + 64)}`))
}

/** Code that returns what each of these argument-less opcodes pushes, one word each. */
export function reportCode(opcodes: readonly number[]): string {
  const byte = (value: number) => value.toString(16).padStart(2, '0')
  const stores = opcodes.map((opcode, i) => `${byte(opcode)}61${(i * 32).toString(16).padStart(4, '0')}52`)
  return `0x${stores.join('')}61${(opcodes.length * 32).toString(16).padStart(4, '0')}5ff3`
}
