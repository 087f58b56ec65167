// The positions that contracts/lib/StatelessInputLayout.sol needs, taken from stateless/inputLayout.ts. Node 20 does not
// run TypeScript, so the module is emitted into a throw-away directory first.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const compilerFlags = [
  '--ignoreConfig',
  '--target es2023 --module nodenext --moduleResolution nodenext --rootDir . --types node --skipLibCheck',
  '--rewriteRelativeImportExtensions --noCheck',
].flatMap((line) => line.split(' '))

/** @returns the constants as { name: { value, note, type? } }, in the order in which the library lists them */
export async function inputLayout(root) {
  const { INPUT_LAYOUT: at, INPUT_LAYOUT_VALUES: values } = await importTypeScript(root, 'stateless/inputLayout.ts')
  const constant = (value, note, type) => ({ value, note, type })
  return {
    SCHEMA_ID: constant(values.schemaId, 'big-endian in the input, little-endian in the result', 'uint16'),
    INPUT_START: constant(at.offsetNewPayloadRequest, 'offsets of StatelessInput count from here'),
    REQUEST_START: constant(at.newPayloadRequest, 'offsets of NewPayloadRequest count from here'),
    FIXED_LENGTH: constant(at.fixedEnd, 'end of the fixed parts'),
    EMPTY_REQUESTS_LENGTH: constant(
      values.emptyExecutionRequestsSize,
      'ExecutionRequests without items: five offsets, each of this value',
    ),
    REQUEST_OFFSET: constant(values.newPayloadRequestOffset, 'only value of the offset of new_payload_request'),
    PAYLOAD_OFFSET: constant(values.executionPayloadOffset, 'only value of the offset of execution_payload'),
    EXTRA_DATA_OFFSET: constant(values.extraDataOffset, 'only value of the offset of extra_data'),
    SCHEMA_ID_AT: constant(at.schemaId, 'uint16, big-endian'),
    REQUEST_OFFSET_AT: constant(at.offsetNewPayloadRequest, 'offset of new_payload_request'),
    WITNESS_OFFSET_AT: constant(at.offsetWitness, 'offset of witness'),
    CHAIN_ID_AT: constant(at.chainId, 'uint64'),
    PAYLOAD_OFFSET_AT: constant(at.offsetExecutionPayload, 'offset of execution_payload'),
    VERSIONED_HASHES_OFFSET_AT: constant(at.offsetVersionedHashes, 'offset of versioned_hashes'),
    PARENT_BEACON_BLOCK_ROOT_AT: constant(at.parentBeaconBlockRoot, '32 bytes'),
    REQUESTS_OFFSET_AT: constant(at.offsetExecutionRequests, 'offset of execution_requests'),
    PARENT_HASH_AT: constant(at.parentHash, '32 bytes'),
    FEE_RECIPIENT_AT: constant(at.feeRecipient, '20 bytes'),
    STATE_ROOT_AT: constant(at.stateRoot, '32 bytes'),
    PREV_RANDAO_AT: constant(at.prevRandao, '32 bytes'),
    BLOCK_NUMBER_AT: constant(at.blockNumber, 'uint64'),
    GAS_LIMIT_AT: constant(at.gasLimit, 'uint64'),
    TIMESTAMP_AT: constant(at.timestamp, 'uint64, seconds'),
    EXTRA_DATA_OFFSET_AT: constant(at.offsetExtraData, 'offset of extra_data'),
    BLOCK_HASH_AT: constant(at.blockHash, '32 bytes'),
    TRANSACTIONS_OFFSET_AT: constant(
      at.offsetTransactions,
      'offset of transactions, EXTRA_DATA_OFFSET without extra data',
    ),
    WITHDRAWALS_OFFSET_AT: constant(at.offsetWithdrawals, 'offset of withdrawals'),
    BLOB_GAS_USED_AT: constant(at.blobGasUsed, 'uint64'),
    EXCESS_BLOB_GAS_AT: constant(at.excessBlobGas, 'uint64'),
    BLOCK_ACCESS_LIST_OFFSET_AT: constant(
      at.offsetBlockAccessList,
      'offset of block_access_list, that of withdrawals when there are none',
    ),
    SLOT_NUMBER_AT: constant(at.slotNumber, 'uint64'),
  }
}

/** Imports a TypeScript module of the repository through the repository's own compiler. */
async function importTypeScript(root, path) {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const out = mkdtempSync(join(cache, 'contracts-'))
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const result = spawnSync(process.execPath, [tsc, ...compilerFlags, '--outDir', out, path], { cwd: root })
    if (result.status !== 0) throw new Error(`tsc failed on ${path}: ${result.stdout}${result.stderr}`)
    writeFileSync(join(out, 'package.json'), '{ "type": "module" }')
    return await import(pathToFileURL(join(out, path.replace(/\.ts$/, '.js'))).href)
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}
