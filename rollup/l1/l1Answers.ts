import { RollupError } from '../errors.ts'
import { address, bad, hash, hex, list, quantity, record } from './answerShapes.ts'
import type { L1Block, L1Call, L1CallFrame, L1Log, L1Receipt, L1SentTransaction } from './l1Types.ts'

type Hex = `0x${string}`

export function toBlock(answer: unknown): L1Block {
  const fields = record(answer, 'block')
  return {
    number: quantity(fields.number, 'block number'),
    hash: hash(fields.hash, 'block hash'),
    parentHash: hash(fields.parentHash, 'parent hash'),
    timestamp: quantity(fields.timestamp, 'timestamp'),
    baseFeePerGas: fields.baseFeePerGas === undefined ? 0n : quantity(fields.baseFeePerGas, 'base fee'),
    gasLimit: quantity(fields.gasLimit, 'gas limit'),
    fields,
  }
}

/** Nothing for a transaction to somebody else. */
export function toCall(answer: unknown, to: Hex): L1Call[] {
  const fields = record(answer, 'transaction')
  if (typeof fields.to !== 'string' || fields.to.toLowerCase() !== to.toLowerCase()) return []
  return [
    {
      hash: hash(fields.hash, 'transaction hash'),
      from: address(fields.from),
      input: hex(fields.input, 'transaction input'),
    },
  ]
}

export function toLog(answer: unknown): L1Log {
  const fields = record(answer, 'log')
  if (fields.removed === true) throw new RollupError('L1_CHANGED', 'L1 answered with a removed log')
  return {
    address: address(fields.address),
    topics: list(fields.topics, 'topics').map((topic) => hash(topic, 'topic')),
    data: hex(fields.data, 'log data'),
    blockNumber: quantity(fields.blockNumber, 'log block number'),
    blockHash: hash(fields.blockHash, 'log block hash'),
    transactionHash: hash(fields.transactionHash, 'log transaction hash'),
    logIndex: quantity(fields.logIndex, 'log index'),
  }
}

export function toReceipt(answer: unknown, transactionHash: Hex): L1Receipt {
  const fields = record(answer, 'receipt')
  if (hash(fields.transactionHash, 'transaction hash') !== transactionHash) throw bad('receipt', { transactionHash })
  return {
    transactionHash,
    transactionIndex: quantity(fields.transactionIndex, 'transaction index'),
    blockNumber: quantity(fields.blockNumber, 'receipt block number'),
    blockHash: hash(fields.blockHash, 'receipt block hash'),
    succeeded: quantity(fields.status, 'receipt status') === 1n,
    gasUsed: quantity(fields.gasUsed, 'gas used'),
    effectiveGasPrice: quantity(fields.effectiveGasPrice, 'gas price'),
    logs: list(fields.logs, 'logs').map(toLog),
  }
}

export function toSentTransaction(answer: unknown): L1SentTransaction {
  const fields = record(answer, 'transaction')
  const isMined = fields.blockHash !== null && fields.blockHash !== undefined
  return {
    from: address(fields.from),
    to: fields.to === null || fields.to === undefined ? undefined : address(fields.to),
    input: hex(fields.input, 'transaction input'),
    type: quantity(fields.type ?? '0x0', 'transaction type'),
    ...(isMined
      ? {
          at: {
            number: quantity(fields.blockNumber, 'block number of a transaction'),
            hash: hash(fields.blockHash, 'block hash of a transaction'),
            index: quantity(fields.transactionIndex, 'transaction index'),
          },
        }
      : {}),
  }
}

export function toFrame(answer: unknown): Omit<L1CallFrame, 'calls'> {
  const { gasUsed, output, error } = record(answer, 'call of a trace')
  return {
    gasUsed: quantity(gasUsed, 'gas of a trace'),
    output: hex(output ?? '0x', 'output of a trace'),
    ...(typeof error === 'string' ? { error } : {}),
  }
}
