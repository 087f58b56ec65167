import { type Account, hexToBytes as fromHex, type Hex, type TransactionSerializable } from 'viem'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { createCrypto } from '../../execution/crypto.ts'
import { createEngine } from '../../execution/engine.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { BlockEnv, Engine, Receipt } from '../../execution/types.ts'
import { devAccount } from '../../genesis/accounts.ts'
import { buildL2Genesis } from '../../genesis/l2Genesis.ts'
import type { GenesisJson } from '../../genesis/types.ts'
import { encodeHeader } from '../../stateless/header.ts'
import { blockToPayloadRequest } from '../../stateless/payload.ts'
import { SCHEMA_ID_AMSTERDAM } from '../../stateless/sszSchema.ts'
import { createStateView } from '../../stateless/stateView.ts'
import type { Block, ExecutionWitness, Hash32, NodeSource, StatelessInput } from '../../stateless/types.ts'
import { ancestorHeaders, createAncestorRecorder, createRecorder } from '../../stateless/witness.ts'

export const L2_CHAIN_ID = 28_079

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** One for all tests of a file: it holds nothing but a memo. */
export const crypto = await createCrypto({ logger: silent })

export type BuiltBlock = { block: Block; input: StatelessInput; receipts: readonly Receipt[]; regularGas: bigint }

/** An L2 in memory, built by the real engine from the real genesis, with the witness of each block. */
export type TestL2 = {
  readonly engine: Engine
  readonly chainId: number
  head(): Block
  sign(from: number, fields: Partial<TransactionSerializable> & { authorize?: Hex }): Promise<Uint8Array>
  /** next nonce of a dev account among what was signed here */
  nonces: number[]
  build(transactions: readonly Uint8Array[], env?: Partial<BlockEnv>): Promise<BuiltBlock>
  /** all nodes and codes ever written: a witness for anything */
  everything(): Pick<ExecutionWitness, 'state' | 'codes'>
}

/** Nobody lives there: these tests have no L1. */
const L1_PEERS = {
  factory: `0x${'fa'.repeat(20)}`,
  rollup: `0x${'cd'.repeat(20)}`,
  messenger: `0x${'ab'.repeat(20)}`,
  tokenBridge: `0x${'bc'.repeat(20)}`,
} as const

export async function createTestL2(
  chainId = L2_CHAIN_ID,
  edit: (genesis: GenesisJson) => void = () => undefined,
): Promise<TestL2> {
  const json = buildL2Genesis({ chainId, timestamp: 1_750_000_000, l1: L1_PEERS })
  edit(json)
  const spec = createChainSpec(json.config, { crypto })
  const engine = createEngine({ spec, crypto, logger: silent })
  const genesis = genesisBlock(json, engine)
  const nodes = new Map(genesis.commit.nodes)
  const codes = new Map(genesis.changes.codes)
  const source: NodeSource = { getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }
  const blocks: Block[] = [genesis.block]
  const nonces = Array.from({ length: 10 }, () => 0)
  const requireBlock = (number: number): Block => {
    const block = blocks.at(number)
    if (block === undefined) throw new Error(`no block ${number}`)
    return block
  }
  const head = () => requireBlock(-1)
  const blockHash = (number: bigint): Hash32 | undefined => blocks[Number(number)]?.hash

  async function build(transactions: readonly Uint8Array[], changes: Partial<BlockEnv> = {}): Promise<BuiltBlock> {
    const parent = head()
    const env: BlockEnv = {
      number: parent.header.number + 1n,
      timestamp: parent.header.timestamp + 2n,
      coinbase: new Uint8Array(20).fill(0xfe),
      gasLimit: parent.header.gasLimit,
      prevRandao: new Uint8Array(32).fill(7),
      parentBeaconBlockRoot: new Uint8Array(32).fill(8),
      slotNumber: parent.header.number + 1n,
      ...changes,
    }
    const begin = { parent: parent.header, parentHash: parent.hash, env }
    const assembly = await engine.beginBlock({
      ...begin,
      state: createStateView(source, parent.header.stateRoot),
      blockHash,
    })
    for (const raw of transactions) await assembly.addTransaction(engine.decodeTransaction(raw, env))
    const outcome = await assembly.seal()

    const recorder = createRecorder(source)
    const ancestors = createAncestorRecorder(blockHash)
    await engine.executeBlock({
      parent: parent.header,
      block: outcome.block,
      state: createStateView(recorder, parent.header.stateRoot),
      blockHash: ancestors.blockHash,
    })
    const oldest = ancestors.oldestNumberRead()
    const headers = ancestorHeaders({
      parent: { number: parent.header.number, rlp: encodeHeader(parent.header) },
      ...(oldest === undefined ? {} : { oldestNumberRead: oldest }),
      headerByNumber: (number) => encodeHeader(requireBlock(Number(number)).header),
    })
    for (const [hash, node] of outcome.nodes) nodes.set(hash, node)
    for (const [hash, code] of outcome.changes.codes) codes.set(hash, code)
    blocks.push(outcome.block)
    const { block, blockAccessList, requests, receipts, regularGas } = outcome
    if (blockAccessList === undefined) throw new Error('no block access list')
    const input: StatelessInput = {
      schemaId: SCHEMA_ID_AMSTERDAM,
      dialect: 'v21',
      newPayloadRequest: blockToPayloadRequest({ block, blockAccessList, requests }),
      witness: recorder.witness(headers),
      chainId: BigInt(chainId),
    }
    return { block, input, receipts, regularGas }
  }

  async function sign(
    from: number,
    fields: Partial<TransactionSerializable> & { authorize?: Hex },
  ): Promise<Uint8Array> {
    const account = devAccount(from)
    const { authorize, ...rest } = fields
    const nonce = nonces[from] ?? 0
    nonces[from] = nonce + 1
    const fees = 'gasPrice' in rest ? {} : { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n }
    const list =
      authorize === undefined ? {} : { authorizationList: [await authorization(account, authorize, nonce + 1)] }
    // A set-code transaction whose authority is its own sender takes two nonces.
    if (authorize !== undefined) nonces[from] = nonce + 2
    const transaction = { chainId, nonce, gas: 1_000_000n, ...fees, ...list, ...rest } as TransactionSerializable
    return fromHex(await account.signTransaction(transaction))
  }

  function authorization(account: Account, contractAddress: Hex, nonce: number) {
    if (account.signAuthorization === undefined) throw new Error('account cannot authorize')
    return account.signAuthorization({ contractAddress, chainId, nonce })
  }

  return {
    engine,
    chainId,
    head,
    sign,
    nonces,
    build,
    everything: () => ({ state: [...nodes.values()], codes: [...codes.values()] }),
  }
}

/** sstore(calldata[0..32], calldata[32..64]) */
export const STORE_CODE = '6020355f355500'
/** sstore(0, blockhash(calldata[0..32])) */
export const BLOCKHASH_CODE = '5f35405f5500'
/** jumps for ever */
export const LOOP_CODE = '5b5f56'
/** reverts with nothing */
export const REVERT_CODE = '5f5ffd'

/** Creation code that deploys `runtime` (hex, at most 32 bytes). */
export function deployer(runtime: string): Hex {
  const length = runtime.length / 2
  const push = (0x5f + length).toString(16)
  const at = (32 - length).toString(16).padStart(2, '0')
  return `0x${push}${runtime}5f5260${length.toString(16).padStart(2, '0')}60${at}f3`
}

/** 32-byte words as calldata. */
export function words(...values: (bigint | number)[]): Hex {
  return `0x${values.map((value) => value.toString(16).padStart(64, '0')).join('')}`
}
