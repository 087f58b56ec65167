import type { GenesisAccount } from '../../../execution/genesisJson.ts'
import { hexToBytes } from '../../../stateless/bytes.ts'
import { accounts, keccakHex } from '../devChain.ts'
import { push } from '../programs.ts'
import { assemble } from './assembler.ts'

const address = (last: string) => `c0de1000000000000000000000000000000000${last}`

/** Contracts that are the same in every chain, 40 hex digits. */
export const CONTRACTS = {
  token: address('a1'),
  churn: address('a2'),
  factory: address('a3'),
  caller: address('a4'),
  deep: address('a5'),
  deeper: address('a6'),
  burner: address('a7'),
} as const

/** What every dev account has of the token at first. */
export const TOKENS = 1000

/** transfer(receiver, amount) over a mapping, with a log; reverts with the amount when the caller has less. */
const TOKEN = assemble(`
  CALLER 0 MSTORE 64 0 KECCAK256 DUP1 SLOAD 32 CALLDATALOAD
  DUP1 DUP3 LT @poor JUMPI
  DUP1 SWAP2 SUB DUP3 SSTORE
  0 CALLDATALOAD 0 MSTORE 64 0 KECCAK256 DUP1 SLOAD DUP3 ADD SWAP1 SSTORE
  0 MSTORE 0 CALLDATALOAD CALLER 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef 32 0 LOG3
  1 0 MSTORE 32 0 RETURN
  poor: 0 MSTORE 32 0 REVERT`)

const CHURNED = 12
/** How many words of calldata `churn` takes: what four slots are set to in turn, then whether it reverts or halts. */
export const CHURN_WORDS = CHURNED + 2
const CHURN = assemble(`
  ${Array.from({ length: CHURNED }, (_, i) => `${32 * i} CALLDATALOAD ${i % 4} SSTORE`).join('\n')}
  ${32 * CHURNED} CALLDATALOAD @revert JUMPI
  ${32 * (CHURNED + 1)} CALLDATALOAD @halt JUMPI
  STOP
  revert: 32 0 REVERT
  halt: INVALID`)

/** Init code of at most 29 bytes of `runtime`, for every fork. */
export function creating(runtime: string): string {
  const length = runtime.length / 2
  const byte = (value: number) => value.toString(16).padStart(2, '0')
  return `${push(runtime)}60005260${byte(length)}60${byte(32 - length)}f3`
}

/** Deploys `selfdestruct(calldataload(0))`. */
const MORTAL = creating('600035ff')

/**
 * create2(salt = word 0), made to destroy itself for the benefit of word 1; with a word 2 also created again and paid.
 * Then writes down what is left of it.
 */
const FACTORY = assemble(`
  0x${MORTAL} 0 MSTORE 0 CALLDATALOAD 13 19 CALLVALUE CREATE2
  32 CALLDATALOAD 0 MSTORE
  0 0 32 0 0 DUP6 GAS CALL POP
  64 CALLDATALOAD ISZERO @end JUMPI
  0x${MORTAL} 0 MSTORE 0 CALLDATALOAD 13 19 0 CREATE2 POP
  0 0 0 0 1 DUP6 GAS CALL POP
  end: DUP1 EXTCODESIZE 0 SSTORE DUP1 BALANCE 1 SSTORE EXTCODEHASH 2 SSTORE STOP`)

/** Calls what each entry of calldata (address, gas, length, input) names and keeps a hash of what comes back. */
const CALLER = assemble(`
  0
  next: CALLDATASIZE DUP2 LT ISZERO @end JUMPI
  DUP1 64 ADD CALLDATALOAD
  DUP1 DUP3 96 ADD 0 CALLDATACOPY
  0 0 DUP3 0 0 DUP7 CALLDATALOAD DUP8 32 ADD CALLDATALOAD CALL
  RETURNDATASIZE 0 0 RETURNDATACOPY
  RETURNDATASIZE 0 KECCAK256 ADD DUP3 SSTORE
  ADD 96 ADD @next JUMP
  end: STOP`)

/** Calls itself by way of another contract as often as word 0 says, or as far as gas goes. */
const deepCode = (call: string) =>
  assemble(`
  0 CALLDATALOAD DUP1 ISZERO @end JUMPI
  1 SWAP1 SUB 0 MSTORE
  0 0 32 0 ${call}
  0 SSTORE STOP
  end: 1 1 SSTORE 0 0 LOG0 STOP`)

const CODES: Readonly<Record<keyof typeof CONTRACTS, string>> = {
  token: TOKEN,
  churn: CHURN,
  factory: FACTORY,
  caller: CALLER,
  deep: deepCode(`0 0x${CONTRACTS.deeper} GAS CALL`),
  deeper: deepCode(`0x${CONTRACTS.deep} GAS DELEGATECALL`),
  burner: assemble('INVALID'),
}

const slotOf = (holder: string) =>
  `0x${keccakHex(hexToBytes(`${holder.slice(2).padStart(64, '0')}${'00'.repeat(32)}`))}`

/** The accounts of all of them in a genesis, for which `compile` may change the code. */
export function contractAlloc(compile: (code: string) => string): Record<string, GenesisAccount> {
  const balances = accounts.map(({ address }) => [slotOf(address), `0x${TOKENS.toString(16)}`])
  const storage: Partial<Record<string, Record<string, string>>> = {
    token: Object.fromEntries(balances),
    churn: { [`0x${'00'.repeat(32)}`]: '0x1', [`0x${'01'.padStart(64, '0')}`]: '0x2' },
  }
  return Object.fromEntries(
    Object.entries(CODES).map(([name, code]) => [
      `0x${CONTRACTS[name as keyof typeof CONTRACTS]}`,
      { balance: '0x3e8', nonce: '0x1', code: `0x${compile(code)}`, storage: storage[name] ?? {} },
    ]),
  )
}
