import type { BlockOutcome, Log, Receipt } from '../../../execution/types.ts'
import type { Chain } from '../../../node/types.ts'
import { EMPTY_CODE_HASH } from '../../../stateless/account.ts'
import { hashHeader } from '../../../stateless/header.ts'
import { keccak256 } from '../../../stateless/keccak.ts'
import type { Block, BlockHeader, StateChanges } from '../../../stateless/types.ts'

export type OutcomeParts = {
  /** makes blocks with the same parent differ */
  salt: number
  /** one transaction per entry, with these logs */
  logs?: readonly (readonly Log[])[]
  transactions?: readonly Uint8Array[]
  accounts?: readonly AccountChange[]
}

/** `address` is 0x hex */
export type AccountChange = { address: string; nonce: bigint; balance: bigint }

/** A block that no EVM made: what the chain stores of it is all that counts here. It changes one account per block. */
export function outcomeOn(chain: Chain, parent: Block, parts: OutcomeParts): BlockOutcome {
  const number = parent.header.number + 1n
  const logs = parts.logs ?? []
  const transactions = parts.transactions ?? logs.map((_, index) => Uint8Array.of(2, parts.salt, Number(number), index))
  const changes: StateChanges = {
    accounts: new Map(
      [
        ...(parts.accounts ?? []),
        { address: 'aa'.repeat(20), nonce: 0n, balance: number * 1_000n + BigInt(parts.salt) },
      ].map(({ address, nonce, balance }) => [
        address.toLowerCase().replace('0x', ''),
        { nonce, balance, codeHash: EMPTY_CODE_HASH },
      ]),
    ),
    storage: new Map(),
    clearedStorage: new Set(),
    codes: new Map(),
  }
  const commit = chain.stateAt(parent.header.stateRoot).commit(changes)
  const receipts = transactions.map((_, index) => receiptWith(logs[index] ?? []))
  const header: BlockHeader = {
    ...parent.header,
    parentHash: parent.hash,
    number,
    timestamp: parent.header.timestamp + 1n,
    stateRoot: commit.root,
    logsBloom: bloomOf(logs.flat()),
    extraData: Uint8Array.of(parts.salt),
  }
  const block: Block = { hash: hashHeader(header), header, transactions, ommers: [], withdrawals: [] }
  return {
    block,
    receipts,
    changes,
    nodes: commit.nodes,
    blockAccessList: Uint8Array.of(0xc1, parts.salt & 0x7f),
    requests: [],
    regularGas: 0n,
  }
}

function receiptWith(logs: readonly Log[]): Receipt {
  return {
    type: 2,
    status: 1,
    cumulativeGasUsed: 21_000n,
    gasUsed: 21_000n,
    effectiveGasPrice: 1n,
    logsBloom: bloomOf(logs),
    logs,
  }
}

function bloomOf(logs: readonly Log[]): Uint8Array {
  const bloom = new Uint8Array(256)
  for (const item of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    const hash = keccak256(item)
    for (const at of [0, 2, 4]) {
      const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 0x7ff
      const byte = 255 - (bit >> 3)
      bloom[byte] = (bloom[byte] ?? 0) | (1 << (bit & 7))
    }
  }
  return bloom
}
