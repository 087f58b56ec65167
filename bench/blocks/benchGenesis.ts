import { type Hex, keccak256, pad, toHex } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import type { GenesisAccount, GenesisJson } from '../../execution/genesisJson.ts'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { bareL1Genesis } from '../../genesis/l1Genesis.ts'
import { AMSTERDAM_FORKS } from '../../genesis/l2Genesis.ts'
import { accountsOf } from '../../load/sender.ts'
import { assemble } from '../../scripts/fixtures/assembler.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'

export const CHAIN_ID = 8079
/** Also the limit of every block of the chain. */
export const GAS_LIMIT = 500_000_000n
export const SENDERS = 500
const OTHERS = 20_000
const TIMESTAMP = 1_000

/** `cancun` is what the library's own figures were taken on; `amsterdam` is what a devnet runs. */
export type BenchFork = 'cancun' | 'amsterdam'

export const TOKEN: Hex = '0x70ce000000000000000000000000000000000001'
export const STORAGE: Hex = '0x70ce000000000000000000000000000000000002'
export const ARITHMETIC: Hex = '0x70ce000000000000000000000000000000000003'
export const HASHING: Hex = '0x70ce000000000000000000000000000000000004'

/** Writes word 0 into as many slots as word 1 says, from slot word 2 on. */
const FILL = assemble(`32 CALLDATALOAD
  next: DUP1 ISZERO @end JUMPI
    1 SWAP1 SUB
    PUSH0 CALLDATALOAD DUP2 64 CALLDATALOAD ADD SSTORE
    @next JUMP
  end: STOP`)

/** As many rounds of multiplication, addition and remainder as word 0 says. */
const SPIN = assemble(`7 PUSH0 CALLDATALOAD
  next: DUP1 ISZERO @end JUMPI
    1 SWAP1 SUB SWAP1
    3 MUL 11 ADD 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f SWAP1 MOD
    SWAP1 @next JUMP
  end: STOP`)

/** The same with a hash of 64 bytes in each round. */
const HASH = assemble(`PUSH0 CALLDATALOAD
  next: DUP1 ISZERO @end JUMPI
    1 SWAP1 SUB
    64 PUSH0 KECCAK256 3 MUL 7 ADD PUSH0 MSTORE
    @next JUMP
  end: STOP`)

/** Forks after Cancun. */
const LATER_FORKS = Object.fromEntries(
  ['prague', 'osaka', 'bpo1', 'bpo2', 'amsterdam'].map((fork) => [`${fork}Time`, undefined]),
)

/** The same accounts in every run; they sign every transaction of the workloads. */
export const senders: readonly LocalAccount[] = accountsOf(8079, SENDERS)

/** An account that exists and never signs. */
export const otherAddress = (index: number): Hex => pad(toHex(0x07e500000000n + BigInt(index % OTHERS)), { size: 20 })

/** Genesis of the benches: 500 senders with ETH and tokens, 20,000 other accounts, half of them with tokens, four contracts. */
export function benchGenesis(fork: BenchFork): GenesisJson {
  const alloc: Record<string, GenesisAccount> = { ...bareL1Genesis(TIMESTAMP).alloc }
  const balances: Record<string, string> = {}
  for (const { address } of senders) {
    alloc[address] = { balance: toHex(10n ** 24n) }
    balances[balanceSlot(address)] = toHex(10n ** 18n)
  }
  for (let index = 0; index < OTHERS; index++) {
    alloc[otherAddress(index)] = { balance: '0x1' }
    if (index % 2 === 0) balances[balanceSlot(otherAddress(index))] = '0x1'
  }
  alloc[TOKEN] = { balance: '0x0', nonce: '0x1', code: weth9.runtimeCode, storage: balances }
  for (const [address, code] of [
    [STORAGE, FILL],
    [ARITHMETIC, SPIN],
    [HASHING, HASH],
  ] as const) {
    alloc[address] = { balance: '0x0', nonce: '0x1', code: `0x${bytesToHex(code)}` }
  }
  return {
    config: { chainId: CHAIN_ID, ...AMSTERDAM_FORKS, ...(fork === 'cancun' ? LATER_FORKS : {}) },
    timestamp: toHex(TIMESTAMP),
    gasLimit: toHex(GAS_LIMIT),
    alloc,
  }
}

/** Position of a balance in WETH9: a mapping at slot 0. */
function balanceSlot(address: Hex): Hex {
  return keccak256(concatBytes([hexToBytes(address.slice(2).padStart(64, '0')), new Uint8Array(32)]))
}
