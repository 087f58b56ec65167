import { BaseWallet, type JsonRpcApiProvider, type Signer, type TransactionResponse } from 'ethers'
import { custom, RpcRequestError, type RpcTransactionRequest, type Transport } from 'viem'
import { rpcErrorOf } from './failure.ts'

type Request = { method: string; params?: unknown[] }

/** Requests of viem's actions by a provider of ethers, with the node's errors as viem's own transports give them. */
export function readTransport(provider: JsonRpcApiProvider): Transport {
  return overEthers((request) => provider.send(request.method, request.params ?? []))
}

/** The same; a transaction is signed and sent by the signer, however it does that, and told to `onSent`. */
export function sendTransport(
  provider: JsonRpcApiProvider,
  signer: Signer,
  onSent: (response: TransactionResponse) => void,
): Transport {
  return overEthers(async ({ method, params = [] }) => {
    if (method !== 'eth_sendTransaction') return provider.send(method, params)
    const response = await sendBy(signer, provider, params[0] as RpcTransactionRequest)
    onSent(response)
    return response.hash
  })
}

// ethers has its own rules of trying again
function overEthers(answer: (request: Request) => Promise<unknown>): Transport {
  const request = async (sent: Request): Promise<unknown> => {
    try {
      return await answer(sent)
    } catch (error) {
      const refusal = rpcErrorOf(error)
      if (refusal === undefined) throw error
      const cause = { ...refusal, cause: error }
      throw new RpcRequestError({ body: sent, error: cause, url: 'a provider of ethers' })
    }
  }
  return custom({ request }, { retryCount: 0 })
}

async function sendBy(
  signer: Signer,
  provider: JsonRpcApiProvider,
  {
    from,
    to = null,
    data = '0x',
    value = '0x0',
    gas,
    maxFeePerGas,
    maxPriorityFeePerGas,
    nonce,
  }: RpcTransactionRequest,
): Promise<TransactionResponse> {
  // ethers remembers answers for a quarter of a second: two transactions of one wallet would have the same nonce
  const counts = nonce === undefined && signer instanceof BaseWallet
  const next = counts ? await provider.send('eth_getTransactionCount', [from, 'pending']) : nonce
  return signer.sendTransaction({
    from: from ?? null,
    to,
    data,
    value,
    gasLimit: gas ?? null,
    maxFeePerGas: maxFeePerGas ?? null,
    maxPriorityFeePerGas: maxPriorityFeePerGas ?? null,
    nonce: next === undefined ? null : Number(next),
  })
}
