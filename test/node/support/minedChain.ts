import { createBlockRun } from '../../../execution/blockRun.ts'
import { createChainSpec } from '../../../execution/chainSpec.ts'
import { createCrypto } from '../../../execution/crypto.ts'
import { createEngine } from '../../../execution/engine.ts'
import { nextBaseFee, nextExcessBlobGas } from '../../../execution/fees.ts'
import { genesisBlock, genesisDifficulty } from '../../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../../execution/genesisJson.ts'
import { buildHeader } from '../../../execution/sealBlock.ts'
import { type GenesisState, openChain } from '../../../node/chain.ts'
import { silentLogger } from '../../../node/logger.ts'
import { openStore } from '../../../node/store.ts'
import { importedTags } from '../../../node/tags.ts'
import type { Chain } from '../../../node/types.ts'
import { concatBytes } from '../../../stateless/bytes.ts'
import { blockRlp, encodeHeader, hashHeader } from '../../../stateless/header.ts'
import { keccak256 } from '../../../stateless/keccak.ts'
import { encodeRlp } from '../../../stateless/rlp.ts'
import { createStateView } from '../../../stateless/stateView.ts'
import type { Block, BlockHeader, Withdrawal } from '../../../stateless/types.ts'

export type MineOptions = {
  seconds?: bigint
  coinbase?: Uint8Array
  extraData?: Uint8Array
  ommers?: readonly BlockHeader[]
  withdrawals?: readonly Withdrawal[]
  /** not what the rules ask for */
  change?: Partial<BlockHeader>
}

export type MinedChain = {
  readonly genesis: GenesisState
  /** a block without transactions on top of `parent`, its seal left out */
  mine(parent: Block, options?: MineOptions): Promise<Block>
  /** `count` of them, one after another */
  mineMany(parent: Block, count: number, options?: MineOptions): Promise<Block[]>
  /** another node that knows nothing but the genesis */
  open(): Promise<Chain>
}

/** Makes blocks of any fork, proof of work included, from a genesis file: the other side of an import. */
export async function createMinedChain(json: GenesisJson): Promise<MinedChain> {
  const crypto = await createCrypto({ logger: silentLogger })
  const spec = createChainSpec(json.config, { crypto }, { difficulty: genesisDifficulty(json) })
  const genesis = genesisBlock(json, spec)
  const nodes = new Map<string, Uint8Array>(genesis.commit.nodes)
  const codes = new Map<string, Uint8Array>(genesis.changes.codes)
  const source = { getNode: (hash: string) => nodes.get(hash), getCode: (hash: string) => codes.get(hash) }

  async function mine(parent: Block, options: MineOptions = {}): Promise<Block> {
    const { seconds = 13n, ommers = [], withdrawals = [] } = options
    const [number, timestamp] = [parent.header.number + 1n, parent.header.timestamp + seconds]
    const common = spec.sharedCommonAt({ number, timestamp })
    const work = common.consensusType() === 'pow'
    const isFirstLondon = common.isActivatedEIP(1559) && parent.header.baseFeePerGas === undefined
    const baseFeePerGas = nextBaseFee(parent.header, common)
    const excessBlobGas = nextExcessBlobGas(parent.header, common)
    const basis = {
      parentHash: parent.hash,
      coinbase: options.coinbase ?? new Uint8Array(20).fill(0xaa),
      difficulty: work ? nextDifficulty(parent.header, timestamp, common.gteHardfork('byzantium')) : 0n,
      number,
      gasLimit: isFirstLondon ? parent.header.gasLimit * 2n : parent.header.gasLimit,
      timestamp,
      extraData: options.extraData ?? new Uint8Array(0),
      prevRandao: new Uint8Array(32).fill(3),
      nonce: work ? new Uint8Array(8).fill(9) : new Uint8Array(8),
      ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
      ...(excessBlobGas === undefined ? {} : { excessBlobGas }),
      ...(common.isActivatedEIP(4788) ? { parentBeaconBlockRoot: new Uint8Array(32) } : {}),
      ...(common.isActivatedEIP(7843) ? { slotNumber: number } : {}),
    }
    const state = createStateView(source, parent.header.stateRoot)
    const run = await createBlockRun({ spec, header: basis, state, blockHash: () => undefined })
    await run.begin()
    const result = await run.finish({ withdrawals, ommers })
    for (const [hash, node] of result.commit.nodes) nodes.set(hash, node)
    const header: BlockHeader = {
      ...buildHeader(basis, result, { transactions: [], withdrawals }, run.context.common),
      ommersHash: keccak256(encodeRlp(ommers.map((ommer) => ({ rawRlp: encodeHeader(ommer) })))),
      ...options.change,
    }
    const body = common.isActivatedEIP(4895) ? { withdrawals } : {}
    return { hash: hashHeader(header), header, transactions: [], ommers, ...body }
  }

  return {
    genesis,
    mine,
    async mineMany(parent, count, options) {
      const blocks: Block[] = []
      for (let head = parent; blocks.length < count; ) {
        head = await mine(head, options)
        blocks.push(head)
      }
      return blocks
    },
    async open() {
      const engine = createEngine({ spec, crypto, logger: silentLogger })
      return openChain({ genesis, tags: importedTags }, { store: await openStore(), engine, logger: silentLogger })
    },
  }
}

/** As geth writes `chain.rlp`. */
export function chainFile(blocks: readonly Block[]): Uint8Array {
  return concatBytes(blocks.map(blockRlp))
}

/** Without the bomb, which begins at block 200,000: Homestead's rule (EIP-2), or Byzantium's (EIP-100). */
function nextDifficulty(parent: BlockHeader, timestamp: bigint, byzantium: boolean): bigint {
  const { difficulty } = parent
  const noOmmers = keccak256(encodeRlp([]))
  const base = byzantium && !parent.ommersHash.every((byte, i) => byte === noOmmers[i]) ? 2n : 1n
  const sign = base - (timestamp - parent.timestamp) / (byzantium ? 9n : 10n)
  const next = difficulty + (difficulty / 2048n) * (sign > -99n ? sign : -99n)
  return next > 131_072n ? next : 131_072n
}
