/** Plain JSON-RPC over HTTP, with batches: what a load or a check of thousands of receipts needs and no more. */
export type Hex = `0x${string}`

/** The node is not there (any more): refused, reset, or cut off in the middle of an answer. */
export class NodeGone extends Error {}

export type Access = {
  readonly url: string
  /** throws NodeGone, and Error for a JSON-RPC error */
  call<T>(method: string, params?: readonly unknown[]): Promise<T>
  /** answers in the order of the requests */
  batch<T>(method: string, params: readonly (readonly unknown[])[]): Promise<T[]>
}

type Answer = { id: number; result?: unknown; error?: { code: number; message: string } }

const BATCH = 100

export function accessTo(url: string): Access {
  async function post(body: unknown): Promise<unknown> {
    try {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
      return await response.json()
    } catch (cause) {
      throw new NodeGone(`no answer from ${url}`, { cause })
    }
  }
  const resultOf = (method: string, { result, error }: Answer): unknown => {
    if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`)
    return result
  }
  return {
    url,
    async call<T>(method: string, params: readonly unknown[] = []) {
      return resultOf(method, (await post({ jsonrpc: '2.0', id: 1, method, params })) as Answer) as T
    },
    async batch<T>(method: string, params: readonly (readonly unknown[])[]) {
      const results: T[] = []
      for (let from = 0; from < params.length; from += BATCH) {
        const requests = params.slice(from, from + BATCH)
        const answers = (await post(
          requests.map((item, id) => ({ jsonrpc: '2.0', id, method, params: item })),
        )) as Answer[]
        for (const answer of answers.toSorted((a, b) => a.id - b.id)) results.push(resultOf(method, answer) as T)
      }
      return results
    },
  }
}

export type Receipt = { transactionHash: Hex; blockHash: Hex; blockNumber: Hex; status: Hex; logs: RpcLog[] }
export type RpcLog = { address: Hex; topics: [Hex, ...Hex[]]; data: Hex; blockNumber: Hex; transactionHash: Hex }
export type RpcBlock = { number: Hex; hash: Hex; timestamp: Hex; transactions: Hex[] }

export const receiptOf = (chain: Access, hash: Hex): Promise<Receipt | null> =>
  chain.call<Receipt | null>('eth_getTransactionReceipt', [hash])
export const blockAt = (chain: Access, tag: string): Promise<RpcBlock> =>
  chain.call<RpcBlock>('eth_getBlockByNumber', [tag, false])
export const balanceOf = async (chain: Access, address: Hex): Promise<bigint> =>
  BigInt(await chain.call<Hex>('eth_getBalance', [address, 'latest']))
export const nonceOf = async (chain: Access, address: Hex, tag: 'latest' | 'pending'): Promise<number> =>
  Number(await chain.call<Hex>('eth_getTransactionCount', [address, tag]))
