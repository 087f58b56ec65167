import { createBlock } from '@ethereumjs/block'
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { createEVM, type EVMResult } from '@ethereumjs/evm'
import { createMPT } from '@ethereumjs/mpt'
import { getMerkleStateProof, MerkleStateManager } from '@ethereumjs/statemanager'
import { Account, createAddressFromString, hexToBytes, setLengthLeft } from '@ethereumjs/util'
import {
  type Abi,
  bytesToHex,
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  numberToHex,
} from 'viem'
import { bridgedERC20 } from '../../genesis/generated/BridgedERC20.ts'
import { crossMessenger } from '../../genesis/generated/CrossMessenger.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1Router } from '../../genesis/generated/L1Router.ts'
import { l1State } from '../../genesis/generated/L1State.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { l2TokenBridge } from '../../genesis/generated/L2TokenBridge.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { rollupFactory } from '../../genesis/generated/RollupFactory.ts'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { withdrawalVerifier } from '../../genesis/generated/WithdrawalVerifier.ts'

/** Every custom error of every contract, so that an error of an inner call is named too. */
export const errors = [
  nativeRollup,
  l1Messenger,
  l2Messenger,
  withdrawalVerifier,
  rollupFactory,
  l1Router,
  l1State,
  crossMessenger,
  weth9,
  l1TokenBridge,
  l2TokenBridge,
  bridgedERC20,
]
  .flatMap(({ abi }) => abi as Abi)
  .filter((item): item is Extract<Abi[number], { type: 'error' }> => item.type === 'error')

export type CallOptions = { from?: Hex; origin?: Hex; value?: bigint; gas?: bigint }
export type Decoded = { name: string; args: unknown }
export type Outcome = {
  ok: boolean
  data: Hex
  /** without intrinsic gas and calldata, before refunds; in Amsterdam state gas is inside */
  gasUsed: bigint
  /** EIP-8037; zero before Amsterdam */
  stateGas: bigint
  /** EVM error (`out of gas`, ...), the name of a custom error or a reason, `revert` without data, or undefined */
  error: string | undefined
  errorArgs: readonly unknown[]
  events: Decoded[]
}

export const ALICE: Hex = '0xa11ce00000000000000000000000000000000001'
export const BOB: Hex = '0xb0b0000000000000000000000000000000000002'

/** One chain made of one EthereumJS EVM: no blocks, the test sets number, timestamp and block hashes. */
export async function createChain({ chainId, amsterdam = false }: { chainId: number; amsterdam?: boolean }) {
  const hardfork = amsterdam ? Hardfork.Amsterdam : Hardfork.Osaka
  const common = createCustomCommon({ chainId }, Mainnet, { hardfork })
  const trie = await createMPT({ useKeyHashing: true })
  const state = new MerkleStateManager({ common, trie })
  const hashes = new Map<number, Hex>()
  const blockchain = {
    getBlock: async (number: number) => ({
      hash: () => hexToBytes(hashes.get(number) ?? numberToHex(0, { size: 32 })),
    }),
    putBlock: async () => undefined,
    shallowCopy: () => blockchain,
  }
  const evm = await createEVM({ common, stateManager: state, blockchain, allowUnlimitedContractSize: false })
  const block = { number: 1_000n, timestamp: 1_800_000_000n }

  async function run(to: Hex | undefined, data: Hex, options: CallOptions = {}): Promise<EVMResult> {
    const header = { number: block.number, timestamp: block.timestamp, gasLimit: 1_000_000_000n, baseFeePerGas: 1n }
    evm.executionStateGasUsed = 0n
    const result = await evm.runCall({
      caller: createAddressFromString(options.from ?? ALICE),
      origin: createAddressFromString(options.origin ?? options.from ?? ALICE),
      ...(to === undefined ? {} : { to: createAddressFromString(to) }),
      data: hexToBytes(data),
      value: options.value ?? 0n,
      gasLimit: options.gas ?? 100_000_000n,
      skipNonceIncrement: to !== undefined,
      block: createBlock({ header }, { common, skipConsensusFormatValidation: true }),
    })
    // End of transaction: warm sets and transient storage go, original storage values are today's values.
    await evm.journal.cleanup()
    evm.transientStorage.clear()
    state.originalStorageCache.clear()
    return result
  }

  async function account(address: Hex): Promise<Account> {
    return (await state.getAccount(createAddressFromString(address))) ?? new Account()
  }

  const slotKey = (slot: bigint) => setLengthLeft(hexToBytes(numberToHex(slot, { size: 32 })), 32)

  const chain = {
    chainId,
    block,
    hashes,
    evm,
    async deploy(
      artifact: { abi: Abi | readonly unknown[]; creationCode: Hex },
      args: unknown[] = [],
      options?: CallOptions,
    ) {
      const data = encodeDeployData({ abi: artifact.abi as Abi, bytecode: artifact.creationCode, args })
      const result = await run(undefined, data, options)
      if (result.execResult.exceptionError !== undefined || result.createdAddress === undefined) {
        throw new Error(`deployment failed: ${describe(result, []).error}`)
      }
      return { address: result.createdAddress.toString() as Hex, gasUsed: result.execResult.executionGasUsed }
    },
    /** A transaction: state changes stay when it succeeds. */
    async send(
      to: Hex,
      abi: readonly unknown[],
      name: string,
      args: unknown[],
      options?: CallOptions,
    ): Promise<Outcome> {
      const data = encodeFunctionData({ abi: abi as Abi, functionName: name, args })
      return describe(await run(to, data, options), abi, evm.executionStateGasUsed)
    },
    async sendRaw(to: Hex, data: Hex, options?: CallOptions): Promise<Outcome> {
      return describe(await run(to, data, options), [])
    },
    /** A view: the decoded result, or an exception that names the contract's error. */
    async read<T>(
      to: Hex,
      abi: readonly unknown[],
      name: string,
      args: unknown[] = [],
      options?: CallOptions,
    ): Promise<T> {
      const outcome = await chain.send(to, abi, name, args, options)
      if (!outcome.ok) throw new Error(outcome.error)
      return decodeFunctionResult({ abi: abi as Abi, functionName: name, data: outcome.data }) as T
    },
    async setCode(address: Hex, code: Hex) {
      await state.putCode(createAddressFromString(address), hexToBytes(code))
    },
    async setBalance(address: Hex, balance: bigint) {
      await state.putAccount(createAddressFromString(address), Object.assign(await account(address), { balance }))
    },
    async balance(address: Hex) {
      return (await account(address)).balance
    },
    async setStorage(address: Hex, slot: bigint, value: Hex) {
      const bytes = hexToBytes(value)
      const start = bytes.findIndex((byte) => byte !== 0)
      const minimal = start < 0 ? new Uint8Array() : bytes.slice(start)
      await state.putStorage(createAddressFromString(address), slotKey(slot), minimal)
      state.originalStorageCache.clear()
    },
    async getStorage(address: Hex, slot: bigint): Promise<Hex> {
      const value = await state.getStorage(createAddressFromString(address), slotKey(slot))
      return bytesToHex(setLengthLeft(value, 32))
    },
    async stateRoot(): Promise<Hex> {
      await state.flush()
      return bytesToHex(await state.getStateRoot())
    },
    /** eth_getProof of one slot, from the real trie. */
    async proof(address: Hex, slot: bigint): Promise<{ accountProof: Hex[]; storageProof: Hex[] }> {
      const proof = await getMerkleStateProof(state, createAddressFromString(address), [slotKey(slot)])
      return { accountProof: proof.accountProof, storageProof: proof.storageProof[0]?.proof ?? [] }
    },
  }
  return chain
}

export type Chain = Awaited<ReturnType<typeof createChain>>

const toHex = (bytes: Uint8Array): Hex => bytesToHex(bytes)

/** What a call came to, errors and events by name. */
export function describe(result: EVMResult, abi: readonly unknown[], stateGas = 0n): Outcome {
  const { exceptionError, returnValue, executionGasUsed, logs = [] } = result.execResult
  const data = bytesToHex(returnValue)
  let error = exceptionError?.error as string | undefined
  let errorArgs: readonly unknown[] = []
  if (error === 'revert' && returnValue.length >= 4) {
    const own = (abi as Abi).filter((item) => item.type === 'error')
    const decoded = decodeErrorResult({ abi: [...errors, ...own], data })
    errorArgs = (decoded.args as readonly unknown[] | undefined) ?? []
    error = decoded.errorName === 'Error' ? String(errorArgs[0]) : decoded.errorName
  }
  const events = logs.flatMap(([, topics, payload]) => decodeLog(abi, topics.map(toHex), toHex(payload)))
  return { ok: exceptionError === undefined, data, gasUsed: executionGasUsed, stateGas, error, errorArgs, events }
}

function decodeLog(abi: readonly unknown[], topics: Hex[], data: Hex): Decoded[] {
  try {
    const event = decodeEventLog({ abi: abi as Abi, topics: topics as [Hex, ...Hex[]], data })
    return [{ name: String(event.eventName), args: event.args }]
  } catch {
    // A log of another contract, or Amsterdam's transfer log.
    return []
  }
}

/**
 * Stands at 0x0101 where EXECUTE would: answers keccak256(input) as the root, then the bytes of slot 1, cut to the size in
 * slot 0; halts when slot 2 is set.
 */
export const EXECUTE_STUB: Hex = '0x365f5f37365f205f526001546020526002546019575f545ff35bfe'
export const EXECUTE: Hex = '0x0000000000000000000000000000000000000101'

export type StubAnswer = { size?: number; success?: number; chainId?: bigint; schemaId?: Hex; halt?: boolean }

/** Programs the stub; the default is a valid answer for `chainId`. */
export async function answer(
  chain: Chain,
  { size = 43, success = 1, chainId = 28079n, schemaId = '0x0115', halt = false }: StubAnswer,
) {
  const little = bytesToHex(hexToBytes(numberToHex(chainId, { size: 8 })).reverse())
  const tail =
    `0x${[numberToHex(success, { size: 1 }), little, schemaId].map((part) => part.slice(2)).join('')}`.padEnd(66, '0')
  await chain.setStorage(EXECUTE, 0n, numberToHex(size, { size: 32 }))
  await chain.setStorage(EXECUTE, 1n, tail as Hex)
  await chain.setStorage(EXECUTE, 2n, numberToHex(halt ? 1 : 0, { size: 32 }))
}
