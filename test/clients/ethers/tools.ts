import {
  type BaseContract,
  type Contract,
  ContractFactory,
  type JsonRpcApiProvider,
  JsonRpcProvider,
  NonceManager,
  type TransactionReceipt,
  type TransactionResponse,
  Wallet,
  WebSocketProvider,
} from 'ethers'
import { expect } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../../genesis/accounts.ts'
import { probeArtifact } from '../../rpc/devNode.ts'
import { failureOf, type Scene, type Check as SceneCheck } from '../scenes.ts'

const { abi, creationCode } = probeArtifact()

export type Tools = Scene & {
  readonly provider: JsonRpcApiProvider
  /** dev account 0, which counts its own nonces */
  readonly signer: NonceManager
  wallet(index: number): Wallet
  /** the Probe contract, whose count began at 7, with `signer` */
  readonly probe: Contract
  readonly probeAddress: string
  deploy(start: bigint): Promise<Contract>
  /** the receipt of a transaction that must have succeeded */
  mined(sent: Promise<TransactionResponse>): Promise<TransactionReceipt>
  close(): Promise<void>
}

export type Check = SceneCheck<Tools>

const POLLING_MS = 20

function providerFor({ transport, httpUrl, wsUrl, chainId }: Scene): JsonRpcApiProvider {
  const settings = { staticNetwork: true, cacheTimeout: -1 }
  if (transport === 'WebSocket') return new WebSocketProvider(wsUrl, chainId, settings)
  const batchMaxCount = transport === 'HTTP batch' ? 100 : 1
  return new JsonRpcProvider(httpUrl, chainId, { ...settings, batchMaxCount, pollingInterval: POLLING_MS })
}

export async function openEthers(scene: Scene): Promise<Tools> {
  const provider = providerFor(scene)
  const wallet = (index: number) => new Wallet(DEV_PRIVATE_KEYS[index] ?? '', provider)
  const signer = new NonceManager(wallet(0))
  const deploy = async (start: bigint) => {
    const contract: BaseContract = await new ContractFactory(abi as never, creationCode, signer).deploy(start)
    return (await contract.waitForDeployment()) as Contract
  }
  const mined = async (sent: Promise<TransactionResponse>) => {
    const receipt = await (await sent).wait(1, 20_000)
    expect(receipt?.status).toBe(1)
    return receipt as TransactionReceipt
  }
  const probe = await deploy(7n)
  const close = async () => provider.destroy()
  return { ...scene, provider, signer, wallet, probe, probeAddress: await probe.getAddress(), deploy, mined, close }
}

/** The error of ethers: its `code` says which of its types it is. */
export async function failure(work: Promise<unknown>): Promise<Error & { code: string } & Record<string, unknown>> {
  return (await failureOf(work)) as Error & { code: string } & Record<string, unknown>
}
