import type { Receipt } from '../../execution/types.ts'
import type { Chain, TxPool } from '../../node/types.ts'
import { concatBytes } from '../../stateless/bytes.ts'
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

/** debug_getRaw*: the consensus encodings of what is stored. */
export function rawMethods({ chain, pool }: { chain: Chain; pool: TxPool }): MethodTable {
  const blockParam = required('block', blockParameter)
  /** The pending block has no encoding: it has no hash, and the next request may find another. */
  const requireStored = (block: BlockParameter) => {
    if (isPending(block)) throw new RpcError('UNKNOWN_BLOCK', 'the pending block is not stored')
    return requireBlock(chain, block)
  }
  return {
    debug_getRawHeader: method([blockParam], ([block]) => toData(encodeHeader(requireStored(block).header))),
    debug_getRawBlock: method([blockParam], ([block]) => toData(blockRlp(requireStored(block)))),
    debug_getRawReceipts: method([blockParam], ([block]) => {
      const { hash: blockHash } = requireStored(block)
      return (chain.getBlockByHash(blockHash)?.receipts ?? []).map((receipt) => toData(encodeReceipt(receipt)))
    }),
    debug_getRawTransaction: method([required('transaction hash', hash)], ([txHash]) => {
      const found = findTransaction({ chain, pool }, txHash)
      return found ? toData(found.tx.raw) : '0x'
    }),
    debug_getRawBlockAccessList: method([blockParam], ([parameter]) => {
      const block = requireStored(parameter)
      return toData(requireAccessList(chain.getBlockByHash(block.hash) ?? { block, receipts: [] }))
    }),
  }
}

/** EIP-2718 receipt: the type byte, unless legacy, before RLP of status or state root, gas, bloom and logs. */
function encodeReceipt(receipt: Receipt): Uint8Array {
  const outcome = receipt.status === undefined ? receipt.stateRoot : rlpInteger(BigInt(receipt.status))
  if (!outcome) throw new Error('a stored receipt has neither status nor state root')
  const logs = receipt.logs.map(({ address, topics, data }) => [address, topics, data])
  const body = encodeRlp([outcome, rlpInteger(receipt.cumulativeGasUsed), receipt.logsBloom, logs])
  return receipt.type === 0 ? body : concatBytes([Uint8Array.of(receipt.type), body])
}
