import type { Receipt } from '../../execution/types.ts'
import type { PendingBlocks } from '../../node/pendingBlock.ts'
import type { Chain, StoredBlock, TxPool } from '../../node/types.ts'
import { concatBytes, isZeroBytes } from '../../stateless/bytes.ts'
import { blockRlp, encodeHeader } from '../../stateless/header.ts'
import { encodeRlp, rlpInteger } from '../../stateless/rlp.ts'
import { type BlockParameter, blockParameter, isPending, requireBlock } from '../blockParameter.ts'
import { hash } from '../codec.ts'
import { RpcError } from '../errors.ts'
import { requireAccessList } from '../eth/blockAccessList.ts'
import { findTransaction } from '../eth/transactions.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'

type RawDeps = { chain: Chain; pool: TxPool; pending: PendingBlocks }

/** debug_getRaw*: the consensus encodings of what is stored, and of the pending block. */
export function rawMethods(deps: RawDeps): MethodTable {
  const { chain, pool } = deps
  const blockParam = required('block', blockParameter)
  return {
    debug_getRawHeader: method([blockParam], async ([parameter]) => {
      const { block } = await requireSealable(deps, parameter)
      return toData(encodeHeader(block.header))
    }),
    debug_getRawBlock: method([blockParam], async ([parameter]) => {
      const { block } = await requireSealable(deps, parameter)
      return toData(blockRlp(block))
    }),
    debug_getRawReceipts: method([blockParam], async ([parameter]) => {
      const { receipts } = await requireSealable(deps, parameter)
      return receipts.map((receipt) => toData(encodeReceipt(receipt)))
    }),
    debug_getRawTransaction: method([required('transaction hash', hash)], ([txHash]) => {
      const found = findTransaction({ chain, pool }, txHash)
      return found ? toData(found.tx.raw) : '0x'
    }),
    debug_getRawBlockAccessList: method([blockParam], async ([parameter]) =>
      toData(requireAccessList(await requireSealable(deps, parameter))),
    ),
  }
}

/** The block with what belongs to it. Throws RpcError UNKNOWN_BLOCK, also for a pending block that cannot be sealed here. */
async function requireSealable({ chain, pending }: RawDeps, parameter: BlockParameter): Promise<StoredBlock> {
  if (!isPending(parameter)) {
    const block = requireBlock(chain, parameter)
    return chain.getBlockByHash(block.hash) ?? { block, receipts: [] }
  }
  const built = await pending.get()
  // Under proof of work rules it is a stand-in, whose encoding would be that of no block.
  if (isZeroBytes(built.block.hash)) throw new RpcError('UNKNOWN_BLOCK', 'no pending block under proof of work rules')
  return built
}

/** EIP-2718 receipt: the type byte, unless legacy, before RLP of status or state root, gas, bloom and logs. */
function encodeReceipt(receipt: Receipt): Uint8Array {
  const outcome = receipt.status === undefined ? receipt.stateRoot : rlpInteger(BigInt(receipt.status))
  if (!outcome) throw new Error('a stored receipt has neither status nor state root')
  const logs = receipt.logs.map(({ address, topics, data }) => [address, topics, data])
  const body = encodeRlp([outcome, rlpInteger(receipt.cumulativeGasUsed), receipt.logsBloom, logs])
  return receipt.type === 0 ? body : concatBytes([Uint8Array.of(receipt.type), body])
}
