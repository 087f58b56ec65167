import { type CustomTransport, createClient, custom, http, LimitExceededRpcError } from 'viem'

/** What the claim path may ask of a node: nothing that is not offered everywhere. */
export const READING = [
  'eth_call',
  'eth_getLogs',
  'eth_getProof',
  'eth_getBlockByNumber',
  'eth_getTransactionReceipt',
  'eth_chainId',
] as const
/** And what any wallet asks to send a transaction. */
export const SENDING = [
  ...READING,
  'eth_getBalance',
  'eth_getCode',
  'eth_estimateGas',
  'eth_gasPrice',
  'eth_maxPriorityFeePerGas',
  'eth_getTransactionCount',
  'eth_sendRawTransaction',
] as const

export type Rules = {
  allowed: readonly string[]
  /** blocks that eth_getLogs answers for at once */
  logRange?: bigint
}

/** A node that refuses every other method; `asked` is what it was asked. */
export function allowedTransport(
  url: string,
  { allowed, logRange }: Rules,
): { transport: CustomTransport; asked: string[] } {
  const node = createClient({ transport: http(url) })
  const asked: string[] = []
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    asked.push(method)
    if (!allowed.includes(method)) throw Object.assign(new Error(`no ${method} here`), { code: -32601 })
    const [filter] = (params ?? []) as readonly { fromBlock: string; toBlock: string }[]
    if (method === 'eth_getLogs' && logRange !== undefined && filter !== undefined) {
      const range = BigInt(filter.toBlock) - BigInt(filter.fromBlock) + 1n
      if (range > logRange) throw new LimitExceededRpcError(new Error(`query exceeds ${logRange} blocks`))
    }
    return node.request({ method, params } as never)
  }
  return { transport: custom({ request }, { retryCount: 0 }), asked }
}
