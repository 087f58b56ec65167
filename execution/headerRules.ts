import { BlockHeader as LibraryHeader } from '@ethereumjs/block'
import { ConsensusType } from '@ethereumjs/common'
import { bytesEqual, isZeroBytes } from '../stateless/bytes.ts'
import { InvalidBlock, type InvalidBlockCode } from '../stateless/errors.ts'
import { EMPTY_OMMERS_HASH, hashHeader } from '../stateless/header.ts'
import type { BlockHeader } from '../stateless/types.ts'
import { isPayableExcessBlobGas, nextBaseFee, nextExcessBlobGas } from './fees.ts'
import type { SharedCommon } from './nodeCommon.ts'

const GAS_LIMIT_BOUND_DIVISOR = 1024n
const MIN_GAS_LIMIT = 5000n
const MAX_GAS_LIMIT = (1n << 63n) - 1n
const MAX_EXTRA_DATA_BYTES = 32
const DAO_EXTRA_DATA = new TextEncoder().encode('dao-hard-fork')
const DAO_EXTRA_DATA_BLOCKS = 10n

/** Which EIP adds which header field. */
const FIELD_EIPS: readonly [keyof BlockHeader, number][] = [
  ['baseFeePerGas', 1559],
  ['withdrawalsRoot', 4895],
  ['blobGasUsed', 4844],
  ['excessBlobGas', 4844],
  ['parentBeaconBlockRoot', 4788],
  ['requestsHash', 7685],
  ['blockAccessListHash', 7928],
  ['slotNumber', 7843],
]

/**
 * Every rule that binds a header of any fork to its parent, before anything runs (EELS <fork>/fork.py validate_header).
 * Proof-of-work seals are not verified: an imported chain is trusted for its work, not for its state.
 *
 * @param common that of the block
 * @throws InvalidBlock
 */
export function checkHeader(header: BlockHeader, parent: BlockHeader, common: SharedCommon): void {
  if (!bytesEqual(header.parentHash, hashHeader(parent))) {
    throw new InvalidBlock('PARENT_HASH_MISMATCH', 'parent hash is not the hash of the parent header')
  }
  expectEqual('BAD_NUMBER', 'number', header.number, parent.number + 1n)
  if (header.timestamp <= parent.timestamp) {
    throw new InvalidBlock('BAD_TIMESTAMP', `timestamp ${header.timestamp} not above parent's ${parent.timestamp}`)
  }
  for (const [field, eip] of FIELD_EIPS) {
    if ((header[field] !== undefined) === common.isActivatedEIP(eip)) continue
    throw new InvalidBlock('BAD_HEADER_FIELD', `${field} does not belong to the fork ${common.hardfork()}`, { field })
  }
  checkGas(header, parent, common)
  checkExtraData(header, common)
  checkConsensus(header, parent, common)
}

function checkGas(header: BlockHeader, parent: BlockHeader, common: SharedCommon): void {
  const { gasLimit, gasUsed } = header
  if (gasUsed > gasLimit) {
    throw new InvalidBlock('GAS_USED_EXCEEDS_LIMIT', `gas used ${gasUsed} above limit ${gasLimit}`)
  }
  const isFirstLondon = common.isActivatedEIP(1559) && parent.baseFeePerGas === undefined
  const from = isFirstLondon ? parent.gasLimit * common.param('elasticityMultiplier') : parent.gasLimit
  const step = gasLimit > from ? gasLimit - from : from - gasLimit
  if (step >= from / GAS_LIMIT_BOUND_DIVISOR || gasLimit < MIN_GAS_LIMIT || gasLimit > MAX_GAS_LIMIT) {
    throw new InvalidBlock('BAD_GAS_LIMIT', `gas limit ${gasLimit} too far from parent's ${from}`)
  }
  expectEqual('BAD_BASE_FEE', 'base fee', header.baseFeePerGas, nextBaseFee(parent, common))
  const excess = nextExcessBlobGas(parent, common)
  expectEqual('BAD_EXCESS_BLOB_GAS', 'excess blob gas', header.excessBlobGas, excess)
  if (excess !== undefined && !isPayableExcessBlobGas(excess, common)) {
    throw new InvalidBlock('BAD_EXCESS_BLOB_GAS', `excess blob gas ${excess} makes a price above 2^256`)
  }
}

function checkExtraData({ extraData, number }: BlockHeader, common: SharedCommon): void {
  if (extraData.length > MAX_EXTRA_DATA_BYTES && common.consensusType() !== ConsensusType.ProofOfAuthority) {
    throw new InvalidBlock('BAD_EXTRA_DATA', `extra data of ${extraData.length} bytes`)
  }
  const dao = common.hardforkBlock('dao')
  if (dao === null || number < dao || number >= dao + DAO_EXTRA_DATA_BLOCKS) return
  if (!bytesEqual(extraData, DAO_EXTRA_DATA)) throw new InvalidBlock('BAD_EXTRA_DATA', "not 'dao-hard-fork'")
}

function checkConsensus(header: BlockHeader, parent: BlockHeader, common: SharedCommon): void {
  const consensus = common.consensusType()
  if (consensus === ConsensusType.ProofOfStake) {
    expectEqual('BAD_HEADER_FIELD', 'difficulty', header.difficulty, 0n)
    if (!isZeroBytes(header.nonce)) throw new InvalidBlock('BAD_HEADER_FIELD', 'nonce of a proof-of-stake block')
    if (!bytesEqual(header.ommersHash, EMPTY_OMMERS_HASH)) {
      throw new InvalidBlock('BAD_HEADER_FIELD', 'ommers in a proof-of-stake block')
    }
  } else if (consensus === ConsensusType.ProofOfWork) {
    const difficulty = libraryHeader(header, common).ethashCanonicalDifficulty(libraryHeader(parent, common))
    expectEqual('BAD_HEADER_FIELD', 'difficulty', header.difficulty, difficulty)
  }
}

/** Only what the difficulty formula reads. */
function libraryHeader(header: BlockHeader, common: SharedCommon): LibraryHeader {
  const { number, timestamp, difficulty, ommersHash, extraData, baseFeePerGas } = header
  const fee = common.isActivatedEIP(1559) ? { baseFeePerGas: baseFeePerGas ?? 0n } : {}
  return new LibraryHeader(
    { number, timestamp, difficulty, uncleHash: ommersHash, extraData, ...fee },
    { common, skipConsensusFormatValidation: true },
  )
}

function expectEqual(
  code: InvalidBlockCode,
  name: string,
  actual: bigint | undefined,
  expected: bigint | undefined,
): void {
  if (actual === expected) return
  throw new InvalidBlock(code, `${name} is ${actual}, expected ${expected}`, { actual, expected })
}
