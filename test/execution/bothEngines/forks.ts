import type { GenesisConfig } from '../../../execution/genesisJson.ts'
import { withoutPush0 } from './assembler.ts'

/** A fork that random blocks are built on. */
export type Fork = {
  name: string
  /** what its blocks are called */
  title: string
  config: Partial<GenesisConfig>
  /** highest gas limit of a transaction that can be right */
  mostGas: number
  blobTransactions: boolean
  /** what random transactions carry */
  mostBlobs: number
  withdrawals: boolean
  delegations: boolean
  /** EIP-3860 */
  initcodeLimit: boolean
  /** what programs are rewritten by, where opcodes are missing */
  compile(code: string): string
}

const same = (code: string) => code
const before = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, undefined]))

/** With the blob rules that stateless verification reckons with. */
export const AMSTERDAM: Fork = {
  name: 'amsterdam',
  title: 'amsterdam',
  config: { bpo1Time: 0, bpo2Time: 0 },
  mostGas: 18_000_000,
  blobTransactions: true,
  mostBlobs: 6,
  withdrawals: true,
  delegations: true,
  initcodeLimit: true,
  compile: same,
}

/** What EXECUTE takes: nothing that only the consensus layer of an L1 could have put there. */
export const ROLLUP: Fork = { ...AMSTERDAM, title: 'amsterdam rollup', mostBlobs: 0, withdrawals: false }

export const isAmsterdam = ({ name }: Fork): boolean => name === AMSTERDAM.name

export const OSAKA: Fork = {
  ...AMSTERDAM,
  name: 'osaka',
  title: 'osaka',
  config: before('amsterdamTime'),
  mostGas: 16_000_000,
}

export const PRAGUE: Fork = {
  ...OSAKA,
  name: 'prague',
  title: 'prague',
  config: before('amsterdamTime', 'osakaTime'),
  mostGas: 25_000_000,
  mostBlobs: 9,
}

export const CANCUN: Fork = {
  ...PRAGUE,
  name: 'cancun',
  title: 'cancun',
  config: before('amsterdamTime', 'osakaTime', 'pragueTime'),
  mostBlobs: 6,
  delegations: false,
}

export const SHANGHAI: Fork = {
  ...CANCUN,
  name: 'shanghai',
  title: 'shanghai',
  config: before('amsterdamTime', 'osakaTime', 'pragueTime', 'cancunTime'),
  blobTransactions: false,
  mostBlobs: 0,
}

export const PARIS: Fork = {
  ...SHANGHAI,
  name: 'paris',
  title: 'paris',
  config: before('amsterdamTime', 'osakaTime', 'pragueTime', 'cancunTime', 'shanghaiTime'),
  withdrawals: false,
  initcodeLimit: false,
  compile: withoutPush0,
}
