import { address, hash, hex, quantity, record, toQuantity } from './answerShapes.ts'
import { toReceipt, toSentTransaction } from './l1Answers.ts'
import { findRevertData } from './l1Errors.ts'
import type { L1Request } from './l1Request.ts'
import type { L1Receipt, L1SentTransaction } from './l1Types.ts'

type Hex = `0x${string}`

type EstimatedCall = { from: Hex; to: Hex; data?: Hex; value?: bigint; balance?: bigint }

/** What is asked about transactions, and how one is sent. */
export type TransactionQuestions = {
  getTransactionInput(hash: Hex): Promise<{ to: Hex | undefined; input: Hex } | undefined>
  getTransaction(hash: Hex): Promise<L1SentTransaction | undefined>
  getTransactionCount(address: Hex): Promise<bigint>
  sendRawTransaction(raw: Hex): Promise<Hex>
  getReceipt(hash: Hex): Promise<L1Receipt | undefined>
  /**
   * the gas limit that a transaction needs on the newest state, or the revert data of one that would fail; `balance`: as if
   * its sender had so many wei
   */
  estimateGas(call: EstimatedCall): Promise<bigint | { revertData: Hex }>
  /** wei that a unit of gas costs now */
  gasPrice(): Promise<bigint>
  /** runs a mined transaction's call again on the state after block `at`; the revert data, for naming the reason */
  revertData(call: { from: Hex; to: Hex; data: Hex; gas: bigint; value?: bigint }, at: bigint): Promise<Hex | undefined>
}

export function transactionQuestions(request: L1Request): TransactionQuestions {
  return {
    async getTransactionInput(transactionHash) {
      const answer = await request('eth_getTransactionByHash', transactionHash)
      if (answer === null || answer === undefined) return undefined
      const fields = record(answer, 'transaction')
      return {
        to: fields.to === null || fields.to === undefined ? undefined : address(fields.to),
        input: hex(fields.input, 'transaction input'),
      }
    },
    async getTransaction(transactionHash) {
      const answer = await request('eth_getTransactionByHash', transactionHash)
      return answer === null || answer === undefined ? undefined : toSentTransaction(answer)
    },
    getTransactionCount: async (from) => quantity(await request('eth_getTransactionCount', from, 'latest'), 'nonce'),
    sendRawTransaction: async (raw) => hash(await request('eth_sendRawTransaction', raw), 'transaction hash'),
    async getReceipt(transactionHash) {
      const answer = await request('eth_getTransactionReceipt', transactionHash)
      return answer === null || answer === undefined ? undefined : toReceipt(answer, transactionHash)
    },
    gasPrice: async () => quantity(await request('eth_gasPrice'), 'gas price'),
    async estimateGas({ value = 0n, balance, ...call }) {
      const overrides = balance === undefined ? [] : ['latest', { [call.from]: { balance: toQuantity(balance) } }]
      try {
        const transaction = { ...call, value: toQuantity(value) }
        return quantity(await request('eth_estimateGas', transaction, ...overrides), 'gas estimate')
      } catch (error) {
        const revertData = findRevertData(error)
        if (revertData === undefined) throw error
        return { revertData }
      }
    },
    async revertData({ value = 0n, ...call }, at) {
      try {
        await request('eth_call', { ...call, value: toQuantity(value), gas: toQuantity(call.gas) }, toQuantity(at))
        return undefined
      } catch (error) {
        return findRevertData(error)
      }
    },
  }
}
