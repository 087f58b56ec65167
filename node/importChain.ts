import { bytesToHex } from '../stateless/bytes.ts'
import { InvalidBlock } from '../stateless/errors.ts'
import { decodeBlock } from '../stateless/header.ts'
import type { Block } from '../stateless/types.ts'
import { ChainError } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import type { Chain, Logger } from './types.ts'

const PROGRESS_EVERY_MS = 5_000

/**
 * Imports a file of concatenated block RLPs (geth's `chain.rlp`), each executed and checked in full. The genesis block
 * and blocks that are already canonical are passed over. Returns how many blocks of the file have been read: all, or
 * those before `signal` was aborted. Long imports give way to other work and log how far they are.
 *
 * @throws InvalidBlock naming the block and the rule, ChainError BAD_CHAIN_FILE when the bytes are not a row of blocks,
 * WRONG_GENESIS when the file begins with another genesis block
 */
export async function importChain(
  chain: Chain,
  bytes: Uint8Array,
  { logger, signal }: { logger?: Logger; signal?: AbortSignal } = {},
): Promise<number> {
  let count = 0
  let nextReport = performance.now() + PROGRESS_EVERY_MS
  for (const { block, end } of readBlocks(bytes)) {
    await importOne(chain, block)
    count += 1
    if (isTurnOver()) await giveWay()
    if (signal?.aborted === true) break
    if (performance.now() < nextReport) continue
    nextReport = performance.now() + PROGRESS_EVERY_MS
    logger?.info('importing', { block: block.header.number, percent: Math.floor((100 * end) / bytes.length) })
  }
  return count
}

async function importOne(chain: Chain, block: Block): Promise<void> {
  const { number } = block.header
  if (number === chain.genesis.header.number && !chain.isCanonical(block.hash)) {
    const [found, wanted] = [block.hash, chain.genesis.hash].map((hash) => `0x${bytesToHex(hash)}`)
    throw new ChainError('WRONG_GENESIS', `the chain file begins with genesis ${found}, this chain with ${wanted}`)
  }
  try {
    await chain.importBlock(block)
  } catch (error) {
    if (error instanceof ChainError && error.code === 'UNKNOWN_PARENT') {
      const message = `block ${number} of the chain file does not follow: its parent is not in this chain (another genesis?)`
      throw new ChainError('UNKNOWN_PARENT', message, error.data)
    }
    if (!(error instanceof InvalidBlock)) throw error
    const message = `block ${number} of the chain file is invalid: ${error.code}: ${error.message}`
    throw new InvalidBlock(error.code, message, { ...error.data, number, hash: block.hash }, error)
  }
}

/**
 * The first block of proof of stake in a chain file: the one whose parent reached the terminal total difficulty
 * (EIP-3675). Undefined when the file ends before. `total` is the difficulty of the genesis block.
 *
 * @throws ChainError BAD_CHAIN_FILE
 */
export function findMergeBlock(bytes: Uint8Array, genesisDifficulty: bigint, terminal: bigint): bigint | undefined {
  let total = genesisDifficulty
  let next = 1n
  for (const { block } of readBlocks(bytes)) {
    if (block.header.number === 0n) continue
    if (total >= terminal) return block.header.number
    total += block.header.difficulty
    next = block.header.number + 1n
  }
  return total >= terminal ? next : undefined
}

function* readBlocks(bytes: Uint8Array): Generator<{ block: Block; end: number }> {
  for (let offset = 0, end = 0; offset < bytes.length; offset = end) {
    end = offset + itemSize(bytes, offset)
    yield { block: readBlock(bytes.subarray(offset, end), offset), end }
  }
}

function readBlock(rlp: Uint8Array, offset: number): Block {
  try {
    return decodeBlock(rlp)
  } catch (error) {
    if (!(error instanceof InvalidBlock)) throw error
    const message = `the chain file has no valid block at byte ${offset}: ${error.message}`
    throw new InvalidBlock(error.code, message, { ...error.data, offset }, error)
  }
}

/** Size of the RLP list at `offset`, prefix included. */
function itemSize(bytes: Uint8Array, offset: number): number {
  const prefix = bytes[offset] ?? 0
  const lengthBytes = prefix > 0xf7 ? prefix - 0xf7 : 0
  const short = prefix - 0xc0
  const long = Buffer.from(bytes.subarray(offset + 1, offset + 1 + Math.min(lengthBytes, 6))).toString('hex')
  const size = 1 + lengthBytes + (lengthBytes === 0 ? short : Number.parseInt(long, 16))
  if (prefix >= 0xc0 && lengthBytes <= 6 && offset + size <= bytes.length) return size
  throw new ChainError('BAD_CHAIN_FILE', `no complete block at byte ${offset} of the chain file`, { offset })
}
