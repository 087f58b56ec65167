// @ts-check
// EXECUTE, which L1 verifies L2 blocks with, on the input of a block and on one with a lie in it; then a replay of its refusal.
import assert from 'node:assert/strict'
import { createDevnet } from 'reenact/devnet'

const devnet = await createDevnet()
const { l1, l2 } = devnet.clients
await l2.pauseSettlement()
const hash = await l2.sendTransaction({ to: l2.account.address, value: 1n })
const { blockNumber } = await l2.waitForTransactionReceipt({ hash })

const input = await l2.getExecuteInput({ block: blockNumber })
const { success, gasUsed } = await l2.execute({ input })
console.log('EXECUTE accepts L2 block', blockNumber, 'for', gasUsed, 'gas') // → EXECUTE accepts L2 block 1n for … gas
assert(success)

const changes = [{ path: 'executionPayload.gasUsed', value: '0x5208' }]
const lie = await l2.mutateInput({ input, changes, reseal: true })
const { failure } = await l2.execute({ input: lie })
assert(failure)
console.log('refused in', failure.stage, 'for', failure.code) // → refused in validation for GAS_USED_MISMATCH
console.log(failure.field, 'is', failure.actual, 'instead of', failure.expected) // → executionPayload.gasUsed is 0x5208 instead of …

// L1 refuses it too; its transaction is replayed from its calldata and nothing else
const { contractError, l1TxHash } = await l2.submitBlock({ input: lie })
console.log('L1 says', contractError) // → L1 says NativeRollup_ExecuteFailed
const { failures } = await l1.traceExecute({ l1TxHash, tracer: 'callTracer' })
console.log(failures[0]?.message) // → claimed 21000, computed …
await devnet.close()
