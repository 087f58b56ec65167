import type { GenesisAccount } from '../../execution/genesisJson.ts'
import { assemble } from '../../scripts/fixtures/assembler.ts'
import {
  FIXTURE_CHAIN_ID,
  type FixtureChain,
  type PlainTransaction,
  signerAt,
} from '../../scripts/fixtures/fixtureChain.ts'
import { words } from '../../scripts/fixtures/mixedBlock.ts'
import { createRandom } from '../../scripts/fixtures/random.ts'
import { addressOf, namedSigner, signAuthorization } from '../../scripts/fixtures/signing.ts'
import { bytesToHex } from '../../stateless/bytes.ts'

/** One block: the accounts it needs in genesis, and its transactions for about this much regular gas. */
export type HostileCase = {
  name: string
  alloc: Record<string, GenesisAccount>
  block(chain: FixtureChain, gas: bigint): Uint8Array[]
}

const MAIN = `0x${'c0'.repeat(20)}`
const OTHER = `0x${'c1'.repeat(20)}`

const account = (code: Uint8Array, balance = '0xffffffff'): GenesisAccount => ({
  balance,
  nonce: '0x1',
  code: `0x${bytesToHex(code)}`,
})

type More = { other?: Uint8Array; data?: Uint8Array; alloc?: Record<string, GenesisAccount> }

/** A contract that is called once with all the gas and never ends: R is the gas limit. */
function endless(name: string, code: string | Uint8Array, { other, data, alloc = {} }: More = {}): HostileCase {
  const main = typeof code === 'string' ? assemble(code) : code
  return {
    name,
    alloc: { ...alloc, [MAIN]: account(main), ...(other === undefined ? {} : { [OTHER]: account(other) }) },
    block: (chain, gas) => [
      chain.sign(signerAt(0), { to: addressOf(MAIN), gasLimit: gas, ...(data === undefined ? {} : { data }) }),
    ],
  }
}

/** `body` again and again, after `before`; what is on the stack stays below. */
const loop = (body: string, before = ''): string => `${before} loop: ${body} @loop JUMP`
/** `body` 64 times before each jump, so that the jump does not count. */
const unrolled = (body: string, before = ''): string => loop(`${body} `.repeat(64), before)

const call = (to: string, more: { value?: string; gas?: string; data?: string } = {}): string =>
  `PUSH0 PUSH0 ${more.data ?? 'PUSH0'} PUSH0 ${more.value ?? 'PUSH0'} ${to} ${more.gas ?? 'GAS'} CALL POP`
const staticCall = (to: string): string => `PUSH0 PUSH0 PUSH0 PUSH0 ${to} GAS STATICCALL POP`
const delegateCall = (to: string): string => `PUSH0 PUSH0 PUSH0 PUSH0 ${to} GAS DELEGATECALL POP`

const BIG = `0x${'f3'.repeat(32)}`
const ODD = `0x${'9d'.repeat(32)}`

const COMPUTE: HostileCase[] = [
  endless('arithmetic: ADD', unrolled('1 2 ADD POP')),
  endless('arithmetic: jumps', loop('')),
  endless('arithmetic: MUL of 256 bits', unrolled(`DUP1 DUP3 MUL POP`, `${BIG} ${ODD}`)),
  endless('arithmetic: DIV of 256 bits', unrolled(`DUP1 DUP3 DIV POP`, `0x${'77'.repeat(15)} ${ODD}`)),
  endless('arithmetic: EXP of 256 bits', unrolled(`DUP1 DUP3 EXP POP`, `${BIG} ${ODD}`)),
  endless('arithmetic: NOT, AND', unrolled('DUP1 NOT AND', ODD)),
  endless('arithmetic: PUSH32', unrolled(`${BIG} POP`)),
  endless('arithmetic: SWAP16, DUP16', unrolled('SWAP16 DUP16 POP', 'PUSH0 '.repeat(17))),
  endless('environment: CALLER, ORIGIN', unrolled('CALLER ORIGIN POP POP')),
  endless('environment: BASEFEE, PREVRANDAO, CHAINID', unrolled('BASEFEE PREVRANDAO CHAINID POP POP POP')),
  endless('environment: SELFBALANCE', unrolled('SELFBALANCE POP')),
  endless('environment: BLOCKHASH', unrolled('1 NUMBER SUB BLOCKHASH POP')),
  endless('environment: CALLDATALOAD', unrolled('PUSH0 CALLDATALOAD POP'), { data: words(1n, 2n) }),
]

const MEMORY: HostileCase[] = [
  endless('memory: MSTORE', unrolled('PUSH0 PUSH0 MSTORE')),
  endless('memory: 1 MiB, then MSTORE', unrolled('PUSH0 PUSH0 MSTORE', 'PUSH0 0xfffe0 MSTORE')),
  endless('memory: 1 MiB, then MLOAD of all', loop(`DUP1 0xfffff AND MLOAD POP 32 ADD`, 'PUSH0 0xfffe0 MSTORE PUSH0')),
  endless('memory: growing by a word', loop('DUP1 DUP1 MSTORE 32 ADD', 'PUSH0')),
  endless('memory: MCOPY of 32 bytes', unrolled('32 PUSH0 64 MCOPY')),
  endless('memory: MCOPY of 64 KiB', unrolled('0x10000 PUSH0 1 MCOPY')),
  endless('memory: CODECOPY of 24 KB', unrolled('24000 PUSH0 PUSH0 CODECOPY')),
  endless('memory: CALLDATACOPY of 24 KB', unrolled('24000 PUSH0 PUSH0 CALLDATACOPY')),
  endless('memory: many frames of 32 KiB', loop(call(OTHER)), { other: assemble('PUSH0 32736 MSTORE STOP') }),
  endless('hash: KECCAK256 of nothing', unrolled('PUSH0 PUSH0 KECCAK256 POP')),
  endless('hash: KECCAK256 of 32 bytes', unrolled('32 PUSH0 KECCAK256 POP')),
  endless('hash: KECCAK256 of 64 KiB', unrolled('0x10000 PUSH0 KECCAK256 POP')),
  endless('log: LOG0 of nothing', unrolled('PUSH0 PUSH0 LOG0')),
  endless('log: LOG4 of nothing', unrolled('4 3 2 1 PUSH0 PUSH0 LOG4')),
  endless('log: LOG0 of 1 KiB', unrolled('1024 PUSH0 LOG0')),
  endless('log: in frames that revert', loop(call(OTHER)), {
    other: assemble(`${'PUSH0 PUSH0 LOG0 '.repeat(20)} PUSH0 PUSH0 REVERT`),
  }),
]

const CALLS: HostileCase[] = [
  endless('calls: CALL of nobody', unrolled(call('0xdead'))),
  endless('calls: CALL of STOP', unrolled(call(OTHER)), { other: assemble('STOP') }),
  endless('calls: STATICCALL of STOP', unrolled(staticCall(OTHER)), { other: assemble('STOP') }),
  endless('calls: DELEGATECALL of STOP', unrolled(delegateCall(OTHER)), { other: assemble('STOP') }),
  endless('calls: CALL that reverts', unrolled(call(OTHER)), { other: assemble('PUSH0 PUSH0 REVERT') }),
  endless('calls: CALL with value', unrolled(call(OTHER, { value: '1' })), { other: assemble('STOP') }),
  endless('calls: CALL of the identity precompile', unrolled(call('4'))),
  endless('calls: to oneself, 1,024 deep', loop(call('ADDRESS'))),
  endless('calls: 500 deep, then cheap ones', deepThenCheap(500), { other: assemble('STOP') }),
  endless('calls: of 24 KB of JUMPDEST', unrolled(call(OTHER)), { other: new Uint8Array(24_000).fill(0x5b, 1) }),
  endless('calls: jump in 24 KB of JUMPDEST', unrolled(call(OTHER)), { other: jumpIn(24_000) }),
  endless('calls: jump in 64 KB of JUMPDEST', unrolled(call(OTHER)), { other: jumpIn(65_500) }),
  endless('calls: bad jump in 64 KB', unrolled(call(OTHER, { gas: '20' })), {
    other: new Uint8Array(65_536).fill(0x56),
  }),
  endless('calls: jump in 64 KB of PUSH1', unrolled(call(OTHER)), { other: jumpIn(65_500, 0x60) }),
  endless('accounts: 2,000 touched, then cheap calls', afterTouching('BALANCE', call(OTHER)), {
    other: assemble('STOP'),
  }),
  endless('accounts: 1,500 called, then reverting ones', afterTouching(undefined, call(OTHER)), {
    other: assemble('PUSH0 PUSH0 REVERT'),
  }),
  endless('accounts: BALANCE of new ones', loop('DUP1 BALANCE POP 1 ADD', '0x10000')),
  endless('accounts: CALL of new ones', loop(`${call('DUP6', { gas: '0' })} 1 ADD`, '0x10000')),
  endless('accounts: EXTCODEHASH of new ones', loop('DUP1 EXTCODEHASH POP 1 ADD', '0x10000')),
  endless('accounts: EXTCODESIZE, warm, 24 KB', unrolled(`${OTHER} EXTCODESIZE POP`), {
    other: new Uint8Array(24_000).fill(0x5b),
  }),
  endless('accounts: EXTCODEHASH, warm', unrolled(`${OTHER} EXTCODEHASH POP`), { other: assemble('STOP') }),
  endless('accounts: EXTCODECOPY of 24 KB', unrolled(`24000 PUSH0 PUSH0 ${OTHER} EXTCODECOPY`), {
    other: new Uint8Array(24_000).fill(0x5b),
  }),
  endless('accounts: EXTCODECOPY of a byte of 64 KB', unrolled(`1 PUSH0 PUSH0 ${OTHER} EXTCODECOPY`), {
    other: new Uint8Array(65_536).fill(0x5b),
  }),
]

const STORAGE: HostileCase[] = [
  endless('storage: SLOAD, warm', unrolled('PUSH0 SLOAD POP')),
  endless('storage: SLOAD of new slots', loop('DUP1 SLOAD POP 1 ADD', '0x10000')),
  endless('storage: SSTORE of what is there', unrolled('PUSH0 PUSH0 SSTORE')),
  endless('storage: SSTORE back and forth', unrolled('1 PUSH0 SSTORE PUSH0 PUSH0 SSTORE')),
  endless('storage: 40 writes and a revert', loop(call(OTHER)), {
    other: assemble(`${Array.from({ length: 40 }, (_, i) => `1 ${i} SSTORE`).join(' ')} PUSH0 PUSH0 REVERT`),
  }),
  endless('storage: 300 slots, then writes that revert', loop(call(OTHER), `${writes(300)}`), {
    other: assemble('1 PUSH0 SSTORE PUSH0 PUSH0 REVERT'),
  }),
  endless('storage: TSTORE', unrolled('1 PUSH0 TSTORE')),
  endless('storage: TSTORE of new slots', loop('DUP1 DUP1 TSTORE 1 ADD', '0x10000')),
  endless('storage: TLOAD', unrolled('PUSH0 TLOAD POP')),
  endless('storage: TSTORE and a revert', loop(call(OTHER)), {
    other: assemble(`${'1 PUSH0 TSTORE '.repeat(20)} PUSH0 PUSH0 REVERT`),
  }),
  endless('creation: CREATE that reverts', loop('3 29 PUSH0 CREATE POP', '0x5f5ffd PUSH0 MSTORE')),
  endless('creation: CREATE of 64 KB of JUMPDEST', loop('65000 PUSH0 PUSH0 CREATE POP', filledWith(0x5b, 65_000))),
  endless('creation: CREATE2 and SELFDESTRUCT', createAndDestroy()),
]

const TRANSACTIONS: HostileCase[] = [
  {
    name: 'transactions: transfers to oneself',
    alloc: {},
    block: (chain, gas) =>
      Array.from({ length: Number(gas / 12_000n) }, (_, i) => {
        const signer = signerAt(i % 10)
        return chain.sign(signer, { to: signer.address, gasLimit: 12_000n })
      }),
  },
  {
    name: 'transactions: one huge access list',
    alloc: {},
    block: (chain, gas) => [chain.sign(signerAt(0), accessListOf(Number(gas / 4_048n) - 10, gas))],
  },
  {
    name: 'transactions: 20 access lists of addresses',
    alloc: {},
    block: (chain, gas) =>
      Array.from({ length: 20 }, (_, i) => {
        const share = gas / 20n
        const random = createRandom(i + 1)
        const accessList = Array.from({ length: Number((share - 15_000n) / 4_180n) }, () => ({
          address: random.bytes(20),
          storageKeys: [],
        }))
        return chain.sign(signerAt(i % 10), { to: addressOf(MAIN), gasLimit: share, accessList })
      }),
  },
  {
    name: 'transactions: calldata of non-zero bytes',
    alloc: {},
    block: (chain, gas) => [
      chain.sign(signerAt(0), {
        to: addressOf(MAIN),
        gasLimit: gas,
        data: new Uint8Array(Number(gas / 64n) - 300).fill(1),
      }),
    ],
  },
  {
    name: 'transactions: authorizations',
    alloc: {},
    block: (chain, gas) =>
      Array.from({ length: 8 }, (_, i) => chain.sign(signerAt(i), authorizationsOf(Number(gas / 8n / 40_000n), i))),
  },
]

export function hostileCases(): HostileCase[] {
  return [...COMPUTE, ...MEMORY, ...CALLS, ...STORAGE, ...TRANSACTIONS]
}

/** PUSH2 to a jump over everything, whose target is the last byte. */
function jumpIn(length: number, fill = 0x5b): Uint8Array {
  const code = new Uint8Array(length).fill(fill)
  code.set([0x61, (length - 2) >> 8, (length - 2) & 0xff, 0x56])
  code.set([0x5b, 0x5b, 0x00], length - 3)
  return code
}

/** Calls itself until the counter in its call data is used up; every frame then spends what it has left on cheap calls. */
function deepThenCheap(depth: number): string {
  return `PUSH0 CALLDATALOAD DUP1 ${depth} EQ @again JUMPI
    1 ADD PUSH0 MSTORE PUSH0 PUSH0 32 PUSH0 PUSH0 ADDRESS GAS CALL POP
    again: ${call(OTHER)} @again JUMP`
}

/** Two thousand accounts looked at, or called when there is no opcode, before the loop. */
function afterTouching(opcode: string | undefined, body: string): string {
  const touch = opcode === undefined ? call('DUP6', { gas: '0' }) : `DUP1 ${opcode} POP`
  return `${opcode === undefined ? 1500 : 2000} touch: ${touch} 1 SWAP1 SUB DUP1 @touch JUMPI loop: ${body} @loop JUMP`
}

/** Slots 1 to `count` written once with the value they have: warm for the transaction. */
function writes(count: number): string {
  return `${count} write: DUP1 SLOAD DUP2 SSTORE 1 SWAP1 SUB DUP1 @write JUMPI`
}

/** Memory full of one byte, doubled by MCOPY. */
function filledWith(byte: number, length: number): string {
  const steps = [`0x${byte.toString(16).padStart(2, '0').repeat(32)} PUSH0 MSTORE`]
  for (let size = 32; size < length; size *= 2) steps.push(`${size} PUSH0 ${size} MCOPY`)
  return steps.join(' ')
}

/** CREATE2 of code that destroys itself at once, with another salt each time. */
function createAndDestroy(): string {
  const initCode = bytesToHex(assemble('CALLER SELFDESTRUCT'))
  return loop('DUP1 2 30 PUSH0 CREATE2 POP 1 ADD', `0x${initCode} PUSH0 MSTORE PUSH0`)
}

function accessListOf(keys: number, gas: bigint): PlainTransaction {
  const storageKeys = Array.from({ length: keys }, (_, i) => words(BigInt(i)))
  return { to: addressOf(MAIN), gasLimit: gas, accessList: [{ address: addressOf(MAIN), storageKeys }] }
}

function authorizationsOf(count: number, seed: number): PlainTransaction {
  const authorizations = Array.from({ length: count }, (_, i) =>
    signAuthorization({ chainId: FIXTURE_CHAIN_ID, address: addressOf(OTHER), nonce: 5n }, namedSigner(`${seed} ${i}`)),
  )
  return { type: 4, to: addressOf(MAIN), gasLimit: 6_000_000n, authorizations }
}
