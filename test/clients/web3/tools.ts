import { Contract, HttpProvider, type TransactionReceipt, Web3, WebSocketProvider } from 'web3'
import { DEV_ADDRESSES, DEV_PRIVATE_KEYS } from '../../../genesis/accounts.ts'
import { probeArtifact } from '../../rpc/devNode.ts'
import { failureOf, type Scene, type Check as SceneCheck } from '../scenes.ts'

const { abi, creationCode } = probeArtifact()

export type Tools = Scene & {
  /** with the dev accounts in its wallet */
  readonly web3: Web3
  /** the Probe contract, whose count began at 7; calls and sends are from dev account 0 */
  readonly probe: Probe
  deploy(start: bigint): Promise<Probe>
  /** any method of the node */
  ask<Answer = unknown>(method: string, params?: unknown[]): Promise<Answer>
  close(): Promise<void>
}

/** web3's types of a contract come from a literal ABI; the compiler's output is none. */
export type Probe = {
  readonly options: { readonly address: string }
  readonly methods: Record<string, (...args: unknown[]) => Method>
  readonly events: Record<string, (options?: object) => { on(event: string, listener: (data: never) => void): void }>
  getPastEvents(
    event: string,
    options: object,
  ): Promise<(string | { returnValues: unknown; transactionHash: string })[]>
}
export type Method = {
  call(options?: object, block?: string | bigint): Promise<unknown>
  send(options?: object): Promise<TransactionReceipt>
  estimateGas(options?: object): Promise<bigint>
  encodeABI(): string
  createAccessList(options?: object): Promise<{ accessList: unknown[]; gasUsed: string }>
}

export type Check = SceneCheck<Tools>

const POLLING_MS = 20
export const FROM = DEV_ADDRESSES[0]

export async function openWeb3(scene: Scene): Promise<Tools> {
  const provider =
    scene.transport === 'WebSocket'
      ? new WebSocketProvider(scene.wsUrl, {}, { autoReconnect: false, delay: 0, maxAttempts: 0 })
      : new HttpProvider(scene.httpUrl)
  const web3 = new Web3(provider)
  web3.eth.setConfig({
    transactionPollingInterval: POLLING_MS,
    transactionReceiptPollingInterval: POLLING_MS,
    transactionConfirmationPollingInterval: POLLING_MS,
    transactionConfirmationBlocks: 1,
    handleRevert: true,
  })
  for (const key of DEV_PRIVATE_KEYS) web3.eth.wallet?.add(key)
  const deploy = async (start: bigint) => {
    const contract = new Contract(abi as never, web3 as never)
    contract.setConfig({ ...web3.eth.config, defaultAccount: FROM } as never)
    const deployment = contract.deploy({ data: creationCode, arguments: [start] as never })
    const deployed = await deployment.send({ from: FROM, gas: String(await deployment.estimateGas({ from: FROM })) })
    deployed.setConfig({ ...web3.eth.config, defaultAccount: FROM } as never)
    return deployed as unknown as Probe
  }
  const ask = <Answer>(method: string, params: unknown[] = []) =>
    web3.requestManager.send({ method, params } as never) as Promise<Answer>
  const close = async () => {
    if (scene.transport === 'WebSocket') web3.provider?.disconnect()
  }
  return { ...scene, web3, probe: await deploy(7n), deploy, ask, close }
}

type Failure = { names: string[]; words: string; error: Error & Record<string, unknown> }

/** The names of an error and of what is inside it, and all their messages. */
export async function failure(work: () => Promise<unknown>): Promise<Failure> {
  const error = (await failureOf(work())) as Failure['error']
  const names: string[] = []
  const words: string[] = []
  const visit = (value: unknown, depth = 0): void => {
    if (typeof value !== 'object' || value === null || depth > 4) return
    const { name, message, cause, innerError, error: inner } = value as Record<string, unknown>
    if (value instanceof Error) names.push(String(name))
    if (message !== undefined) words.push(String(message))
    for (const part of [cause, innerError, inner]) visit(part, depth + 1)
  }
  visit(error)
  return { names, words: words.join('\n'), error }
}
