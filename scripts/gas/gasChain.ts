import type { Hex, PrivateKeyAccount } from 'viem'
import { createEngines } from '../../bin/engines.ts'
import { createEngine } from '../../execution/engine.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import type { BlockOutcome, ExecutePrecompile, InjectedChanges, Transaction } from '../../execution/types.ts'
import { openChain } from '../../node/chain.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import type { Chain } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { encodeHeader } from '../../stateless/header.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { createAccountProof } from '../../stateless/proof.ts'
import type { Block } from '../../stateless/types.ts'
import { measure, type Usage } from './usage.ts'

/** A chain in memory whose blocks hold one transaction each, which is measured. */
export type GasChain = {
  readonly chain: Chain
  /** sends, requires success and measures; `label` names it in errors */
  send(label: string, sending: Sending): Promise<Usage>
  /** a block without transactions */
  empty(changes?: InjectedChanges): Promise<Block>
  /** proof of slot 0 of a contract in the state of the head */
  proveSlot0(address: Hex): { accountProof: Hex[]; storageProof: Hex[] }
  head(): { number: bigint; hash: Hex; timestamp: bigint; rlp: Hex; block: Block }
  /** result of a view on the state of the head */
  read(to: Hex, data: Hex): Promise<Hex>
}

export type Sending = {
  from: PrivateKeyAccount
  to: Hex
  data: Hex
  value?: bigint
  gas?: bigint
  /** the receiver of a delivered message: what runs in its frame is told apart */
  delivery?: Hex
}

export type GasChainOptions = {
  genesis: GenesisJson
  /** seconds */
  blockTime: bigint
  /** of the next block; default: no anchor, four bytes that are nobody's hash */
  anchor?: () => Hex
  /** stands in the place of EXECUTE */
  execute?: ExecutePrecompile
}

/** A stand-in for EXECUTE that costs nothing, so that what is left is the contract. Accepts everything for `chainId`. */
export function freeExecute(chainId: number): ExecutePrecompile {
  const output = new Uint8Array(43).fill(1)
  new DataView(output.buffer).setBigUint64(33, BigInt(chainId), true)
  output.set([0x01, 0x15], 41)
  return async () => ({ ok: true, output, gasUsed: 0n })
}

export async function createGasChain(options: GasChainOptions): Promise<GasChain> {
  const { genesis, execute } = options
  const { crypto, spec } = await createEngines(silentLogger)
  const chainSpec = spec(genesis)
  const engine = createEngine({
    spec: chainSpec,
    crypto,
    logger: silentLogger,
    ...(execute === undefined ? {} : { execute, impersonation: true }),
  })
  const chain = await openChain(
    { genesis: genesisBlock(genesis, engine) },
    { store: await openStore(), engine, logger: silentLogger },
  )
  const nonces = new Map<Hex, number>()

  async function sign({ from, to, data, value = 0n, gas = 16_000_000n }: Sending): Promise<Transaction> {
    const nonce = nonces.get(from.address) ?? 0
    nonces.set(from.address, nonce + 1)
    const fees = { maxFeePerGas: 100_000_000_000n, maxPriorityFeePerGas: 0n }
    const chainId = genesis.config.chainId
    const raw = await from.signTransaction({ type: 'eip1559', chainId, nonce, to, data, value, gas, ...fees })
    const next = chain.head().header
    return engine.decodeTransaction(hexToBytes(raw), {
      number: next.number + 1n,
      timestamp: next.timestamp + options.blockTime,
    })
  }

  return {
    chain,
    async send(label, sending) {
      const tx = await sign(sending)
      const parent = chain.head()
      const { block, outcome } = await sealBlock(chain, options, [tx])
      const [result] = outcome
      if (result?.receipt.status !== 1) {
        throw new Error(`${label} failed: ${result?.error} 0x${bytesToHex(result?.output ?? new Uint8Array())}`)
      }
      return measure({ chain, spec: chainSpec, block, parent, tx, result, delivery: sending.delivery })
    },
    async empty(changes) {
      const { block } = await sealBlock(chain, options, [], changes)
      return block
    },
    proveSlot0(address) {
      const root = chain.head().header.stateRoot
      const proof = createAccountProof(chain.nodes, root, hexToBytes(address), [new Uint8Array(32)])
      return {
        accountProof: proof.accountProof.map(toHex),
        storageProof: (proof.storageProof[0]?.proof ?? []).map(toHex),
      }
    },
    head() {
      const block = chain.head()
      const { number, timestamp } = block.header
      return { number, hash: toHex(block.hash), timestamp, rlp: toHex(encodeHeader(block.header)), block }
    },
    async read(to, data) {
      const block = chain.head()
      const context = {
        header: block.header,
        state: chain.stateAt(block.header.stateRoot),
        blockHash: chain.ancestorHashes(block),
      }
      const answer = await engine.call({ to: hexToBytes(to), data: hexToBytes(data) }, context)
      if (answer.status !== 'success') throw new Error(`a view of ${to} failed: ${answer.status}`)
      return toHex(answer.output)
    },
  }
}

async function sealBlock(
  chain: Chain,
  { anchor = () => `0x${'a0'.repeat(32)}`, blockTime }: GasChainOptions,
  transactions: readonly Transaction[],
  changes?: InjectedChanges,
) {
  const parent = chain.head()
  const number = parent.header.number + 1n
  const root = hexToBytes(anchor())
  const assembly = await chain.engine.beginBlock({
    parent: parent.header,
    parentHash: parent.hash,
    env: {
      number,
      timestamp: parent.header.timestamp + blockTime,
      coinbase: new Uint8Array(20),
      gasLimit: parent.header.gasLimit,
      prevRandao: prevRandao(root, number),
      parentBeaconBlockRoot: root,
      slotNumber: number,
    },
    state: chain.stateAt(parent.header.stateRoot),
    blockHash: chain.ancestorHashes(parent),
    ...(changes === undefined ? {} : { changes }),
  })
  const outcome = []
  for (const tx of transactions) outcome.push(await assembly.addTransaction(tx))
  const sealed: BlockOutcome = await assembly.seal()
  await chain.append(sealed)
  return { block: sealed.block, outcome }
}

/** keccak256(abi.encode(anchor, number)), what NativeRollup wants of an L2 block. */
export function prevRandao(anchor: Uint8Array, number: bigint): Uint8Array {
  const words = new Uint8Array(64)
  words.set(anchor)
  new DataView(words.buffer).setBigUint64(56, number)
  return keccak256(words)
}

const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
