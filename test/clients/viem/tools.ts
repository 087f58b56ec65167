import {
  type Address,
  type BaseError,
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  publicActions,
  type TransactionReceipt,
  type Transport,
  webSocket,
} from 'viem'
import { expect } from 'vitest'
import { devAccount } from '../../../genesis/accounts.ts'
import { MULTICALL3_ADDRESS } from '../../../genesis/parameters.ts'
import { probeArtifact } from '../../rpc/devNode.ts'
import { failureOf, type Scene, type Check as SceneCheck } from '../scenes.ts'

export const { abi, creationCode } = probeArtifact()

/** A public and a wallet client in one, for one dev account. */
const clientOf = (chain: Chain, transport: Transport, index: number) =>
  createWalletClient({ chain, transport, account: devAccount(index), pollingInterval: 20, cacheTime: 0 }).extend(
    publicActions,
  )
export type Client = ReturnType<typeof clientOf>

export type Tools = Scene & {
  /** sends from dev account 0 */
  readonly client: Client
  /** the same connection for another dev account */
  as(index: number): Client
  /** the Probe contract, whose count began at 7 */
  readonly probe: { readonly address: Address; readonly abi: typeof abi }
  /** the receipt of a transaction that must have succeeded */
  mined(hash: Hex): Promise<TransactionReceipt>
  close(): Promise<void>
}

export type Check = SceneCheck<Tools>

export async function openViem(scene: Scene): Promise<Tools> {
  const chain = defineChain({
    id: scene.chainId,
    name: scene.layer,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [scene.httpUrl], webSocket: [scene.wsUrl] } },
    contracts: { multicall3: { address: MULTICALL3_ADDRESS } },
  })
  const settings = { retryCount: 0, timeout: 20_000 }
  const socket = webSocket(scene.wsUrl, { ...settings, reconnect: false })
  const overHttp = http(scene.httpUrl, { ...settings, batch: scene.transport === 'HTTP batch' })
  const transport: Transport = scene.transport === 'WebSocket' ? socket : overHttp
  const as = (index: number) => clientOf(chain, transport, index)
  const client = as(0)
  const mined = async (hash: Hex) => {
    const receipt = await client.waitForTransactionReceipt({ hash, timeout: 20_000 })
    expect(receipt.status).toBe('success')
    return receipt
  }
  const { contractAddress } = await mined(await client.deployContract({ abi, bytecode: creationCode, args: [7n] }))
  if (!contractAddress) throw new Error('no contract address in the receipt of a deployment')
  const close = async () => {
    if (scene.transport !== 'WebSocket') return
    const { getRpcClient } = createPublicClient({ chain, transport: socket }).transport
    ;(await getRpcClient()).close()
  }
  return { ...scene, client, as, mined, probe: { address: contractAddress, abi }, close }
}

/** The names of an error and of all its causes, and the words of the node. */
export async function failure(work: Promise<unknown>): Promise<{ names: string[]; words: string; error: BaseError }> {
  const error = (await failureOf(work)) as BaseError
  const names: string[] = []
  const words: string[] = []
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    names.push(cause.name)
    words.push('details' in cause ? String(cause.details) : cause.message)
  }
  return { names, words: words.join('\n'), error }
}
