import { type Address, createWalletClient, type Hex, http, type LocalAccount, numberToHex } from 'viem'

/** What a dapp asks a wallet (EIP-1193). */
export type WalletRequest = { method: string; params?: readonly unknown[] }

/** A browser wallet of one account, who agrees to everything unless told otherwise. */
export type TestWallet = {
  request(request: WalletRequest): Promise<unknown>
  /** methods, in their order */
  readonly asked: string[]
  /** the next question of this method is answered as by somebody who does not agree */
  refuseNext(method: string): void
}

type TransactionRequest = { from: Address; to: Address; data?: Hex; value?: Hex; gas?: Hex }

/** Knows one chain, and the others once it has been told of them (EIP-3085); signs itself. */
export function createTestWallet(account: LocalAccount, first: { id: number; url: string }): TestWallet {
  const urls = new Map([[first.id, first.url]])
  const asked: string[] = []
  let chainId = first.id
  let refused: string | undefined
  const urlOf = (id: number) => urls.get(id) ?? fail(4902, `Unrecognized chain ${id}`)

  const answers: Record<string, (params: readonly unknown[]) => unknown> = {
    eth_requestAccounts: () => [account.address],
    eth_accounts: () => [account.address],
    eth_chainId: () => numberToHex(chainId),
    wallet_switchEthereumChain: ([wanted]) => {
      const id = Number((wanted as { chainId: Hex }).chainId)
      urlOf(id)
      chainId = id
      return null
    },
    wallet_addEthereumChain: ([added]) => {
      const { chainId: id, rpcUrls } = added as { chainId: Hex; rpcUrls: readonly string[] }
      urls.set(Number(id), rpcUrls[0] ?? fail(-32602, 'a chain has a URL'))
      return null
    },
    eth_sendTransaction: ([transaction]) => {
      const { to, data = '0x', value = '0x0', gas } = transaction as TransactionRequest
      const client = createWalletClient({ account, transport: http(urlOf(chainId)) })
      const limit = gas === undefined ? {} : { gas: BigInt(gas) }
      return client.sendTransaction({ to, data, value: BigInt(value), ...limit, chain: null })
    },
  }
  return {
    asked,
    refuseNext: (method) => {
      refused = method
    },
    async request({ method, params = [] }) {
      asked.push(method)
      if (method === refused) {
        refused = undefined
        fail(4001, 'User rejected the request.')
      }
      const answer = answers[method]
      return answer === undefined ? forwarded(urlOf(chainId), method, params) : answer(params)
    },
  }
}

async function forwarded(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const { result, error } = (await response.json()) as { result?: unknown; error?: { code: number; message: string } }
  return error === undefined ? result : fail(error.code, error.message)
}

function fail(code: number, message: string): never {
  throw Object.assign(new Error(message), { code })
}
