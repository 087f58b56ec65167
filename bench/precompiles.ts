/**
 * What a million gas of each precompile costs: a contract calls it with a worst-case input until its gas is gone, through
 * the same EVM that blocks run on. Run after a build: `node scripts/bench.mjs precompiles [NAME...]`; with names only the cases
 * whose name starts with one of them. Prints processor milliseconds per million gas and for 12 million, the budget of one EXECUTE.
 */
import { runCallRequest } from '../execution/call.ts'
import { amsterdamSpec, type ChainSpec } from '../execution/chainSpec.ts'
import { createCrypto } from '../execution/crypto.ts'
import { genesisBlock } from '../execution/genesisBlock.ts'
import type { CallContext } from '../execution/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { setKeccak256 } from '../stateless/keccak.ts'
import { createStateView } from '../stateless/stateView.ts'
import { type PrecompileCase, precompileCases } from './support/precompileInputs.ts'

const CONTRACT = hexToBytes('c0de00000000000000000000000000000000c0de')
const GAS = 12_000_000n
const ROUNDS = 2
const BUDGET_MGAS = 12

/** Copies the call data to memory, then calls for ever. */
function loopCode({ address, gas, size, vary }: PrecompileCase): Uint8Array {
  const number = (value: number) => `63${value.toString(16).padStart(8, '0')}`
  const slot = number((vary ?? 0) * 32)
  const count = vary === undefined ? '' : `${slot}5160010180${slot}5250`
  const window = size === undefined ? '36' : number(size)
  const forwarded = gas === undefined ? '5a' : number(gas)
  return hexToBytes(`365f5f37${'5b'}${count}5f5f${window}5f${number(address)}${forwarded}fa50600456`)
}

async function measure(testCase: PrecompileCase, spec: ChainSpec, context: CallContext): Promise<number> {
  const code = loopCode(testCase)
  const stateOverrides = new Map([[`0x${bytesToHex(CONTRACT)}`, { code }]])
  const call = { to: CONTRACT, data: testCase.input }
  const run = async (gas: bigint) => {
    const start = process.cpuUsage()
    const outcome = await runCallRequest({ ...call, gas }, { ...context, stateOverrides }, { spec })
    const { user, system } = process.cpuUsage(start)
    if (outcome.status !== 'halted') throw new Error(`${testCase.name}: ${outcome.status}`)
    return (user + system) / 1000
  }
  // Long inputs and their memory cost gas before the loop starts.
  const bytes = BigInt(Math.max(testCase.input.length, testCase.size ?? 0))
  const entry = BigInt(testCase.input.length) * 64n + bytes / 10n + bytes ** 2n / 500_000n + 300_000n
  await run(entry)
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUNDS; i++) {
    const short = await run(entry)
    const long = await run(entry + GAS)
    best = Math.min(best, Math.max(long - short, 0))
  }
  return best / (Number(GAS) / 1e6)
}

const crypto = await createCrypto({ logger: { info() {}, warn: (event) => console.error(event) } })
setKeccak256(crypto.keccak256)
const spec = amsterdamSpec(18079n, crypto)
const genesis = genesisBlock({ config: { chainId: 18079 }, timestamp: '0x64', gasLimit: '0x3938700', alloc: {} }, spec)
const state = createStateView({ getNode: () => undefined, getCode: () => undefined }, genesis.commit.root)
const context: CallContext = { header: genesis.block.header, state, blockHash: () => undefined }
const wanted = process.argv.slice(2)
const chosen = precompileCases().filter(
  ({ name }) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix)),
)
console.log(`${'case'.padEnd(24)}${'ms/Mgas'.padStart(10)}${'ms in 12M'.padStart(12)}`)
for (const testCase of chosen) {
  const perMgas = await measure(testCase, spec, context)
  const name = testCase.name.padEnd(24)
  console.log(`${name}${perMgas.toFixed(1).padStart(10)}${(perMgas * BUDGET_MGAS).toFixed(0).padStart(12)}`)
}
