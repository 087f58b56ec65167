import { bytesEqual } from '../stateless/bytes.ts'
import { hashHeader } from '../stateless/header.ts'
import type { HeaderBasis } from './blockContext.ts'
import { accessListLimit, type BlockRun, createBlockRun } from './blockRun.ts'
import { TransactionRejected } from './errors.ts'
import type { BlockDeps } from './executeBlock.ts'
import { nextBaseFee, nextExcessBlobGas } from './fees.ts'
import { assert } from './internal.ts'
import type { NodeCommon } from './nodeCommon.ts'
import { MAX_BLOCK_RLP_SIZE, outcomeOfBlock, sealBlock } from './sealBlock.ts'
import type { BeginBlockRequest, BlockAssembly, BlockOutcome, Transaction, TransactionOutcome } from './types.ts'

/** Room that a builder leaves in the block access list for the request calls after its last transaction. */
const ITEMS_AFTER_TRANSACTIONS = 256

/** EIP-7934: room for the header, the withdrawals and the list prefixes beside the transactions. */
const BYTES_BESIDE_TRANSACTIONS = 8192

/** Starts a block on top of `parent`: the pre-block system calls have run when it returns. */
export async function beginBlock(request: BeginBlockRequest, deps: BlockDeps): Promise<BlockAssembly> {
  const { env, parent, state } = request
  const { spec } = deps
  assert(bytesEqual(hashHeader(parent), request.parentHash), 'parentHash is not the hash of parent')
  assert(env.number === parent.number + 1n && env.timestamp > parent.timestamp, 'a block does not follow its parent')
  const header = basisOf(request, deps)
  const run = await createBlockRun({
    spec,
    header,
    state,
    blockHash: request.blockHash,
    execute: deps.execute,
    yieldEveryMs: deps.yieldEveryMs,
    paths: deps.paths,
  })
  await run.begin(request.changes)
  return createAssembly(request, header, run)
}

function basisOf({ env, parent, parentHash }: BeginBlockRequest, { spec }: BlockDeps): HeaderBasis {
  const common = spec.sharedCommonAt(env)
  const baseFeePerGas = env.baseFeePerGas ?? nextBaseFee(parent, common)
  const excessBlobGas = nextExcessBlobGas(parent, common)
  const parentBeaconBlockRoot = common.isActivatedEIP(4788)
    ? (env.parentBeaconBlockRoot ?? new Uint8Array(32))
    : undefined
  return {
    parentHash,
    coinbase: env.coinbase,
    difficulty: 0n,
    number: env.number,
    gasLimit: env.gasLimit,
    timestamp: env.timestamp,
    extraData: env.extraData ?? new Uint8Array(0),
    prevRandao: env.prevRandao,
    nonce: new Uint8Array(8),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
    ...(excessBlobGas === undefined ? {} : { excessBlobGas }),
    ...(parentBeaconBlockRoot === undefined ? {} : { parentBeaconBlockRoot }),
    ...(common.isActivatedEIP(7843) ? { slotNumber: env.slotNumber ?? env.number } : {}),
  }
}

function createAssembly(request: BeginBlockRequest, header: HeaderBasis, run: BlockRun): BlockAssembly {
  const { env } = request
  const withdrawals = env.withdrawals ?? []
  const transactions: Transaction[] = []
  let bytes = 0
  let phase: 'open' | 'sealed' | 'broken' = 'open'

  /** One step at a time; a failure that is not a rejection leaves the VM unusable. */
  async function step<T>(work: () => Promise<T>): Promise<T> {
    assert(phase === 'open', `the block is ${phase}`)
    phase = 'broken'
    try {
      const result = await work()
      phase = 'open'
      return result
    } catch (error) {
      if (error instanceof TransactionRejected) phase = 'open'
      throw error
    }
  }

  async function add(
    tx: Transaction,
    accept: (outcome: TransactionOutcome) => boolean,
  ): Promise<TransactionOutcome | undefined> {
    const { context } = run
    requireRoom(tx, bytes, context.common)
    let full = false
    const outcome = await run.runTransaction(tx, (candidate) => {
      full = listIsFull(run, withdrawals.length)
      return !full && accept(candidate)
    })
    if (full) throw new TransactionRejected('BLOCK_GAS_EXHAUSTED', 'block access list limit reached')
    if (outcome === undefined) return undefined
    transactions.push(tx)
    bytes += tx.raw.length
    return outcome
  }

  async function seal(): Promise<BlockOutcome> {
    const result = await run.finish({ withdrawals, ommers: [] })
    const block = sealBlock(header, result, transactions, withdrawals, run.context.common)
    const outcome = outcomeOfBlock(block, result)
    return request.changes === undefined ? outcome : { ...outcome, injected: request.changes }
  }

  return {
    env,
    baseFeePerGas: header.baseFeePerGas,
    transactions,
    get gasUsed() {
      return run.totals.gasUsed
    },
    get regularGas() {
      return run.totals.regularGas
    },
    getAccount: async (address) => run.context.state.peekAccount(address),
    addTransaction: (tx, accept = () => true) => step(() => add(tx, accept)),
    async seal() {
      const outcome = await step(seal)
      phase = 'sealed'
      return outcome
    },
  }
}

/** EIP-7928 bounds the list by the gas limit; what comes after the transactions must still fit. */
function listIsFull({ context, totals }: BlockRun, withdrawals: number): boolean {
  if (context.accessList === undefined) return false
  const limit = accessListLimit(context.header.gasLimit)
  const reserve = Math.min(ITEMS_AFTER_TRANSACTIONS, limit >> 2) + withdrawals
  return totals.accessListItems + reserve > limit
}

function requireRoom(tx: Transaction, bytes: number, common: NodeCommon): void {
  const limit = MAX_BLOCK_RLP_SIZE - BYTES_BESIDE_TRANSACTIONS
  if (bytes + tx.raw.length <= limit || !common.gteHardfork('osaka')) return
  throw new TransactionRejected(
    'BLOCK_GAS_EXHAUSTED',
    `block size limit reached: have ${limit - bytes}, want ${tx.raw.length}`,
    {
      have: limit - bytes,
      want: tx.raw.length,
    },
  )
}
