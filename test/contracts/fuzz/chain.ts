import { createBlock } from '@ethereumjs/block'
import type { EVMResult } from '@ethereumjs/evm'
import { createAddressFromString } from '@ethereumjs/util'
import {
  type Abi,
  bytesToHex,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  numberToHex,
} from 'viem'
import { amsterdamSpec } from '../../../execution/chainSpec.ts'
import { createCrypto } from '../../../execution/crypto.ts'
import { createRunVm } from '../../../execution/runVm.ts'
import { silentLogger } from '../../../node/logger.ts'
import { bytesToHex as plainHex } from '../../../stateless/bytes.ts'
import { setKeccak256 } from '../../../stateless/keccak.ts'
import { createAccountProof } from '../../../stateless/proof.ts'
import { createStateView } from '../../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../../stateless/trie.ts'
import type { NodeSource } from '../../../stateless/types.ts'
import { ALICE, type CallOptions, type Chain, describe, type Outcome } from '../vm.ts'

/**
 * The chain of test/contracts/vm.ts over the node's own EVM and state: several times as fast, always Amsterdam, and able to
 * go back to any state that it has committed.
 */
export async function createFastChain({ chainId }: { chainId: number }) {
  const crypto = await createCrypto({ logger: silentLogger })
  setKeccak256(crypto.keccak256)
  const nodes = new Map<string, Uint8Array>()
  const codes = new Map<string, Uint8Array>()
  const source: NodeSource = { getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }
  const hashes = new Map<number, Hex>()
  const block = { number: 1_000n, timestamp: 1_800_000_000n }
  const common = amsterdamSpec(BigInt(chainId), crypto).commonAt({ number: 1n, timestamp: block.timestamp })
  let root: Uint8Array = EMPTY_TRIE_ROOT
  const input = () => ({
    state: createStateView(source, root),
    blockHash: (number: bigint) => {
      const hash = hashes.get(Number(number))
      return hash === undefined ? undefined : hexToBytes(hash)
    },
  })
  const vm = await createRunVm({ common, ...input() })
  const { evm, state } = vm

  /** Root of the state as it is, its nodes kept. */
  function commit(): Uint8Array {
    const changes = state.changes()
    const committed = state.computeCommit(changes)
    for (const [hash, node] of committed.nodes) nodes.set(hash, node)
    for (const [hash, code] of changes.codes) codes.set(hash, code)
    root = committed.root
    vm.restart(input())
    return root
  }

  async function run(to: Hex | undefined, data: Hex, options: CallOptions = {}): Promise<EVMResult> {
    const header = { number: block.number, timestamp: block.timestamp, gasLimit: 1_000_000_000n, baseFeePerGas: 1n }
    evm.executionStateGasUsed = 0n
    evm.stateGasReservoir = 0n
    const from = createAddressFromString(options.from ?? ALICE)
    if (to === undefined) {
      const nonce = (state.peekAccount(from.bytes)?.nonce ?? 0n) + 1n
      await state.modifyAccountFields(from, { nonce })
    }
    const result = await evm.runCall({
      caller: from,
      origin: createAddressFromString(options.origin ?? options.from ?? ALICE),
      ...(to === undefined ? {} : { to: createAddressFromString(to) }),
      data: hexToBytes(data),
      value: options.value ?? 0n,
      gasLimit: options.gas ?? 100_000_000n,
      skipNonceIncrement: true,
      block: createBlock({ header }, { common, skipConsensusFormatValidation: true }),
    })
    // End of transaction: warm sets and transient storage go, original storage values are today's values.
    await evm.journal.cleanup()
    evm.transientStorage.clear()
    state.originalStorageCache.clear()
    return result
  }

  const slotKey = (slot: bigint) => hexToBytes(numberToHex(slot, { size: 32 }))

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
    async getCode(address: Hex): Promise<Hex> {
      return bytesToHex(await state.getCode(createAddressFromString(address)))
    },
    async setBalance(address: Hex, balance: bigint) {
      await state.modifyAccountFields(createAddressFromString(address), { balance })
    },
    async balance(address: Hex) {
      return state.peekAccount(hexToBytes(address))?.balance ?? 0n
    },
    async setStorage(address: Hex, slot: bigint, value: Hex) {
      await state.putStorage(createAddressFromString(address), slotKey(slot), hexToBytes(value))
      state.originalStorageCache.clear()
    },
    async getStorage(address: Hex, slot: bigint): Promise<Hex> {
      const value = state.peekStorage(hexToBytes(address), slotKey(slot))
      return numberToHex(value.length === 0 ? 0n : BigInt(bytesToHex(value)), { size: 32 })
    },
    async stateRoot(): Promise<Hex> {
      return bytesToHex(commit())
    },
    async proof(address: Hex, slot: bigint): Promise<{ accountProof: Hex[]; storageProof: Hex[] }> {
      const { accountProof, storageProof } = createAccountProof(source, commit(), hexToBytes(address), [slotKey(slot)])
      const hex = (proof: readonly Uint8Array[] = []) => proof.map((node) => bytesToHex(node))
      return { accountProof: hex(accountProof), storageProof: hex(storageProof[0]?.proof) }
    },
    /** How much is kept of committed states; for `forget`. */
    kept: () => nodes.size,
    /** Drops what was committed since `kept` said so. */
    forget(kept: number): void {
      for (const hash of [...nodes.keys()].slice(kept)) nodes.delete(hash)
    },
    /** Back to a state whose root `stateRoot` gave. */
    restore(earlier: Hex): void {
      if (!nodes.has(plainHex(hexToBytes(earlier)))) throw new Error(`state ${earlier} was never committed`)
      root = hexToBytes(earlier)
      vm.restart(input())
    },
  }
  return chain satisfies Chain
}

export type FastChain = Awaited<ReturnType<typeof createFastChain>>
