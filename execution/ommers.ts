import { ConsensusType } from '@ethereumjs/common'
import { bytesToHex } from '../stateless/bytes.ts'
import { InvalidBlock } from '../stateless/errors.ts'
import { hashHeader } from '../stateless/header.ts'
import type { Block, BlockHeader } from '../stateless/types.ts'
import type { ChainSpec } from './chainSpec.ts'
import { checkHeader } from './headerRules.ts'
import { OMMER_ANCESTORS } from './types.ts'

const MAX_OMMERS = 2

/**
 * The rules of ommers (yellow paper 11.1, EELS <fork>/fork.py validate_ommers): at most two, each the valid child of an
 * ancestor in the last seven generations, no ancestor itself, no sibling's child, and in no block before.
 *
 * @param ancestors the last seven, the parent first; fewer only where the chain begins
 * @throws InvalidBlock BAD_OMMER, or what `checkHeader` finds wrong with the ommer's header
 */
export function checkOmmers({ header, ommers }: Block, ancestors: readonly Block[], spec: ChainSpec): void {
  if (ommers.length === 0) return
  if (ommers.length > MAX_OMMERS) throw badOmmer(`${ommers.length} ommers, at most ${MAX_OMMERS} allowed`)
  if (spec.sharedCommonAt(header).consensusType() !== ConsensusType.ProofOfWork) {
    throw badOmmer('ommers without proof of work')
  }
  const recent = ancestors.slice(0, OMMER_ANCESTORS)
  const byHash = new Map(recent.map((block) => [bytesToHex(block.hash), block.header]))
  const known = new Set(recent.flatMap((block) => block.ommers.map((ommer) => bytesToHex(hashHeader(ommer)))))
  for (const ommer of ommers) {
    const hash = bytesToHex(hashHeader(ommer))
    if (known.has(hash)) throw badOmmer(`ommer 0x${hash} was included before`)
    known.add(hash)
    if (byHash.has(hash)) throw badOmmer(`ommer 0x${hash} is an ancestor`)
    checkHeader(ommer, parentOf(ommer, header, byHash), spec.sharedCommonAt(ommer))
  }
}

function parentOf(ommer: BlockHeader, block: BlockHeader, ancestors: ReadonlyMap<string, BlockHeader>): BlockHeader {
  const key = bytesToHex(ommer.parentHash)
  const parent = ancestors.get(key)
  if (parent === undefined) throw badOmmer(`the parent of ommer ${ommer.number} is not among the last seven ancestors`)
  if (key === bytesToHex(block.parentHash)) throw badOmmer(`ommer ${ommer.number} is a sibling of its block`)
  return parent
}

function badOmmer(reason: string): InvalidBlock {
  return new InvalidBlock('BAD_OMMER', reason)
}
