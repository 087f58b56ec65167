import { decodeFunctionData } from 'viem'
import type { RollupDeployment } from '../../genesis/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { NodeError } from '../../stateless/errors.ts'
import { payloadToBlock } from '../../stateless/payload.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'
import type { Block } from '../../stateless/types.ts'
import { nativeRollupAbi } from '../contracts.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { SettledBlock } from '../types.ts'

type Hex = `0x${string}`

/** An L2 block as the L1 transaction that settled it carries it. */
export type PublishedBlock = { block: Block; blockAccessList: Uint8Array; input: Uint8Array; anchorBlock: bigint }

/** Reads settled blocks back from L1 calldata: all that is needed to rebuild the chain without its sequencer. */
export type SettledBlockReader = {
  /** throws RollupError; number, hash, state root and anchor of what it returns are those of the record */
  read(settled: SettledBlock): Promise<PublishedBlock>
}

export function createSettledBlockReader(l1: L1Client, deployment: RollupDeployment): SettledBlockReader {
  // one transaction settles several blocks in a row
  let last: { txHash: Hex; blocks: Map<Hex, PublishedBlock> } | undefined
  return {
    async read(settled) {
      if (last?.txHash !== settled.l1TxHash) {
        last = { txHash: settled.l1TxHash, blocks: await readTransaction(l1, deployment, settled.l1TxHash) }
      }
      try {
        return requireRecorded(last.blocks.get(settled.hash), settled)
      } catch (error) {
        // asked again, L1 may tell the truth
        last = undefined
        throw error
      }
    },
  }
}

function requireRecorded(published: PublishedBlock | undefined, settled: SettledBlock): PublishedBlock {
  const { number, l1TxHash } = settled
  const bad = (what: string) => new RollupError('BAD_L1_DATA', what, { number, l1TxHash })
  if (published === undefined) throw bad(`the L1 transaction does not carry L2 block ${number}`)
  const { header } = published.block
  if (header.number !== number) throw bad(`the block in the L1 transaction is number ${header.number}, not ${number}`)
  const stateRoot = `0x${bytesToHex(header.stateRoot)}`
  if (stateRoot !== settled.stateRoot) {
    throw bad(`the block in the L1 transaction has state root ${stateRoot}, its event says ${settled.stateRoot}`)
  }
  if (published.anchorBlock !== settled.anchorBlock) {
    throw bad(`the L1 transaction names anchor ${published.anchorBlock}, its event ${settled.anchorBlock}`)
  }
  return published
}

async function readTransaction(
  l1: L1Client,
  deployment: RollupDeployment,
  txHash: Hex,
): Promise<Map<Hex, PublishedBlock>> {
  const transaction = await l1.getTransactionInput(txHash)
  if (transaction === undefined) throw new RollupError('L1_CHANGED', 'a settlement is gone from L1', { txHash })
  if (transaction.to !== deployment.l1.rollup.toLowerCase()) {
    throw new RollupError('BAD_L1_DATA', 'a settlement that does not call the rollup', { txHash, to: transaction.to })
  }
  const blocks = decodeSettlement(transaction.input)
  return new Map(blocks.map((published) => [`0x${bytesToHex(published.block.hash)}`, published]))
}

/** The blocks in the calldata of `advance`, `advanceWithForced` or `advanceBatch`. Throws RollupError BAD_L1_DATA. */
export function decodeSettlement(calldata: Hex): PublishedBlock[] {
  try {
    const call = decodeFunctionData({ abi: nativeRollupAbi, data: calldata })
    if (call.functionName === 'advance' || call.functionName === 'advanceWithForced')
      return [decodeBlock(call.args[0], call.args[1])]
    if (call.functionName !== 'advanceBatch') throw new RangeError(`a call of ${call.functionName}`)
    const [inputs, anchors] = call.args
    return inputs.map((input, index) => decodeBlock(input, anchors[index] ?? 0n))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const reason = error instanceof NodeError ? error.message : (error.message.split('\n')[0] ?? '')
    throw new RollupError('BAD_L1_DATA', `the calldata is no settlement: ${reason}`, {}, error)
  }
}

function decodeBlock(calldata: Hex, anchorBlock: bigint): PublishedBlock {
  const input = hexToBytes(calldata)
  const { newPayloadRequest } = decodeStatelessInput(input)
  const { blockAccessList } = newPayloadRequest.executionPayload
  return { block: payloadToBlock(newPayloadRequest), blockAccessList, input, anchorBlock }
}
