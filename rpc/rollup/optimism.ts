import * as z from 'zod'
import type { SyncStatus as Heads, L1Ref, L2Ref } from '../../rollup/syncStatus.ts'
import type { RollupConfig } from '../../rollup/types.ts'
import { quantity64 } from '../codec.ts'
import { toData } from '../hex.ts'
import { required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { requireCanonical } from './canonical.ts'
import type { RollupDeps } from './deps.ts'
import { safeHeadAt } from './heads.ts'
import { rollupMethod } from './method.ts'
import { address, hash, named } from './wire.ts'

/**
 * The methods of an op-node (ethereum-optimism/optimism, op-node/node/api.go), for the tools that ask them. As there,
 * numbers are JSON numbers and names have underscores.
 */

const number = z.number().int().nonnegative()
const BlockId = named('OpBlockId', { hash, number })
export const OpL1Ref = named('OpL1Ref', { hash, number, parentHash: hash, timestamp: number })
export const OpL2Ref = named('OpL2Ref', {
  hash,
  number,
  parentHash: hash,
  timestamp: number,
  l1origin: BlockId,
  sequenceNumber: number,
})

export const SyncStatus = named('SyncStatus', {
  current_l1: OpL1Ref,
  current_l1_finalized: OpL1Ref,
  head_l1: OpL1Ref,
  safe_l1: OpL1Ref,
  finalized_l1: OpL1Ref,
  unsafe_l2: OpL2Ref,
  safe_l2: OpL2Ref,
  finalized_l2: OpL2Ref,
  pending_safe_l2: OpL2Ref,
  cross_unsafe_l2: OpL2Ref,
  local_safe_l2: OpL2Ref,
})
export type SyncStatus = z.infer<typeof SyncStatus>

export const OpOutput = named('OpOutput', {
  version: hash,
  outputRoot: hash,
  blockRef: OpL2Ref,
  withdrawalStorageRoot: hash,
  stateRoot: hash,
  syncStatus: SyncStatus,
})
export type OpOutput = z.infer<typeof OpOutput>

export const OpSafeHead = named('OpSafeHead', { l1Block: BlockId, safeHead: BlockId })
export type OpSafeHead = z.infer<typeof OpSafeHead>

export const OpRollupConfig = named('OpRollupConfig', {
  genesis: z.object({
    l1: BlockId,
    l2: BlockId,
    l2_time: number,
    system_config: z.object({ batcherAddr: address, overhead: hash, scalar: hash, gasLimit: number }),
  }),
  block_time: z.number().nonnegative(),
  max_sequencer_drift: number,
  seq_window_size: number,
  channel_timeout: number,
  l1_chain_id: number,
  l2_chain_id: number,
  batch_inbox_address: address,
  deposit_contract_address: address,
  l1_system_config_address: address,
})
export type OpRollupConfig = z.infer<typeof OpRollupConfig>

const ZERO_HASH = `0x${'00'.repeat(32)}` as const

export function optimismMethods(deps: RollupDeps): MethodTable {
  const { rollup } = deps
  const syncStatus = rollupMethod(
    {
      summary: 'Heads of both chains, in the field names of an op-node.',
      params: [],
      result: SyncStatus,
    },
    async () => formatHeads(await rollup().node.heads.syncStatus()),
  )
  return {
    rollup_syncStatus: syncStatus,
    optimism_syncStatus: syncStatus,
    optimism_outputAtBlock: rollupMethod(
      {
        summary: 'An L2 block in the form of an OP Stack output; this rollup settles the state root itself.',
        params: [required('L2 block number', quantity64)],
        result: OpOutput,
      },
      async ([l2Block]) => {
        const { chain, heads } = rollup().node
        const { blockRef, ...output } = heads.output(requireCanonical(chain, { kind: 'number', number: l2Block }))
        const status = formatHeads(await heads.syncStatus())
        return { version: ZERO_HASH, ...output, blockRef: formatL2(blockRef), syncStatus: status }
      },
    ),
    optimism_safeHeadAtL1Block: rollupMethod(
      {
        summary: 'The newest L2 block that was settled at an L1 block, and the L1 block that settled it.',
        params: [required('L1 block number', quantity64)],
        result: OpSafeHead,
      },
      ([l1Block]) => readSafeHead(deps, l1Block),
    ),
    optimism_rollupConfig: rollupMethod(
      { summary: 'The rollup in the field names of an op-node.', params: [], result: OpRollupConfig },
      () => readConfig(deps),
    ),
    optimism_version: rollupMethod(
      { summary: 'Name and version of this software.', params: [], result: z.string() },
      () => rollup().software.client,
    ),
  }
}

async function readSafeHead({ rollup }: RollupDeps, asked: bigint): Promise<OpSafeHead> {
  const { node } = rollup()
  const { l2Block, hash: safeHash, l1Block } = safeHeadAt(node, asked)
  const l1Hash = (await node.l1.getBlock(l1Block === undefined ? asked : BigInt(l1Block)))?.hash
  return {
    l1Block: { hash: l1Hash ?? ZERO_HASH, number: Number(l1Block ?? asked) },
    safeHead: { hash: safeHash, number: Number(l2Block) },
  }
}

/** `seq_window_size`: how old an anchor may be, in L1 blocks; `max_sequencer_drift`: how old a block may be, in seconds. */
async function readConfig({ rollup }: RollupDeps): Promise<OpRollupConfig> {
  const { node } = rollup()
  const config: RollupConfig = node.reader.config()
  const { header, hash: genesisHash } = node.chain.genesis
  const deployed = await node.l1.getBlock(BigInt(config.deployBlock))
  return {
    genesis: {
      l1: { hash: deployed?.hash ?? ZERO_HASH, number: config.deployBlock },
      l2: { hash: toData(genesisHash), number: Number(header.number) },
      l2_time: Number(header.timestamp),
      system_config: {
        batcherAddr: config.parameters.sequencer,
        overhead: ZERO_HASH,
        scalar: ZERO_HASH,
        gasLimit: config.l2GasLimit,
      },
    },
    block_time: config.blockTimes.l2,
    max_sequencer_drift: config.parameters.maxTimestampLag,
    seq_window_size: config.parameters.maxAnchorAge,
    channel_timeout: 0,
    l1_chain_id: config.l1ChainId,
    l2_chain_id: config.l2ChainId,
    batch_inbox_address: config.l1.rollup,
    deposit_contract_address: config.l1.messenger,
    l1_system_config_address: config.l1.rollup,
  }
}

function formatHeads(heads: Heads): SyncStatus {
  const [unsafe, safe] = [formatL2(heads.unsafeL2), formatL2(heads.safeL2)]
  return {
    current_l1: formatL1(heads.currentL1),
    current_l1_finalized: formatL1(heads.finalizedL1),
    head_l1: formatL1(heads.headL1),
    safe_l1: formatL1(heads.safeL1),
    finalized_l1: formatL1(heads.finalizedL1),
    unsafe_l2: unsafe,
    safe_l2: safe,
    finalized_l2: formatL2(heads.finalizedL2),
    pending_safe_l2: safe,
    cross_unsafe_l2: unsafe,
    local_safe_l2: safe,
  }
}

function formatL1({ hash: blockHash, number: height, parentHash, timestamp }: L1Ref) {
  return { hash: blockHash, number: Number(height), parentHash, timestamp: Number(timestamp) }
}

function formatL2({ l1Origin, sequenceNumber, ...block }: L2Ref) {
  return {
    ...formatL1(block),
    l1origin: { hash: l1Origin.hash, number: Number(l1Origin.number) },
    sequenceNumber: Number(sequenceNumber),
  }
}
