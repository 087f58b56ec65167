type Hex = `0x${string}`

/** One comparison of the rollup contract, in the words of `field`: how `actual` must stand to `expected`. */
export type AdvanceCheck = {
  /** number that the input claims; absent for what concerns the whole call */
  l2Block?: bigint
  check: string
  /** path in the input, or what else is looked at */
  field: string
  /** where `expected` comes from */
  source: 'storage' | 'opcode' | 'calldata' | 'fixed'
  relation: 'equal' | 'at least' | 'at most' | 'below'
  expected: Hex
  actual: Hex
  ok: boolean
  /** what the contract reverts with when it does not hold; absent: it goes on */
  error?: string
  note?: string
}

/** A call of `advance`, `advanceWithForced` or `advanceBatch`. */
export type AdvanceCall = {
  name: 'advance' | 'advanceWithForced' | 'advanceBatch'
  inputs: readonly Uint8Array[]
  anchorBlocks: readonly bigint[]
  /** forced transactions that it names */
  ids: readonly bigint[]
}

/** Immutables of the contract. Times are seconds, `maxAnchorAge` L1 blocks. */
export type RollupRules = {
  chainId: bigint
  gasLimit: bigint
  feeRecipient: Hex
  maxAnchorAge: bigint
  maxTimestampLag: bigint
  sequencerTimeout: bigint
  forcedDeadline: bigint
  forcedExpiry: bigint
}

export type RollupHead = { hash: Hex; number: bigint; timestamp: bigint; anchorBlock: bigint; lastAdvance: bigint }

/** `txHash` is zero once it is resolved; all is zero once it is dropped. */
export type ForcedEntry = { txHash: Hex; since: bigint; length: number }

/** Storage of the contract as it was before the call. Entries that are not in the map are zero. */
export type RollupStorage = {
  head: RollupHead
  sequencer: Hex
  queue: { head: bigint; tail: bigint; entries: ReadonlyMap<bigint, ForcedEntry> }
}

/** What EXECUTE answered; `output` is absent when the call failed, and `note` may say why. */
export type ExecuteAnswer = { output?: Uint8Array; note?: string }

/** All that the contract looks at. */
export type AdvanceFacts = {
  call: AdvanceCall
  rules: RollupRules
  storage: RollupStorage
  caller: { sender: Hex; origin: Hex; codeLength: bigint }
  /** the L1 block in which the call runs */
  l1: { number: bigint; timestamp: bigint }
  /** undefined: L1 cannot give it */
  anchorHash(l1Block: bigint): Promise<Hex | undefined>
  /** asked at most once for each input, in order, and only when the contract comes so far */
  execute(index: number): Promise<ExecuteAnswer>
}
