import { type Hex, toHex } from 'viem'
import type { Engines } from '../../bin/engines.ts'
import { createEngine } from '../../execution/engine.ts'
import { EXECUTE_ADDRESS } from '../../precompiles/address.ts'
import { assemble } from '../../scripts/fixtures/assembler.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { silentLogger } from '../support/silentLogger.ts'
import { type Times, timed } from '../support/timed.ts'
import { benchGenesis } from './benchGenesis.ts'
import { openSealedChain } from './sealedChain.ts'
import { signRounds } from './workloads.ts'

const SETTLER: Hex = '0x70ce000000000000000000000000000000000009'
/** What a transaction may have at most (EIP-7825). */
const TRANSACTION_GAS = 16_777_216n

/** Calls EXECUTE with all that it was called with; keeps the root when that succeeds, and fails with it. */
const SETTLE = assemble(`CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY
  64 PUSH0 CALLDATASIZE PUSH0 ${EXECUTE_ADDRESS} GAS STATICCALL
  @kept JUMPI PUSH0 PUSH0 REVERT
  kept: PUSH0 MLOAD PUSH0 SSTORE STOP`)

/** EXECUTE alone, and all that becomes of the block: its transaction pooled, built, sealed and stored. */
export type SettlementShare = { execute: Times; block: Times; gasUsed: bigint; runs: number }

/** An L1 block of one transaction that settles this input; EXECUTE runs in it as often as the node needs it. */
export async function settlementShare(input: Uint8Array, engines: Engines): Promise<SettlementShare> {
  const bench = benchGenesis('amsterdam')
  const genesis = {
    ...bench,
    config: { ...bench.config, nativeRollupsTime: 0 },
    alloc: { ...bench.alloc, [SETTLER]: { balance: '0x0', nonce: '0x1', code: toHex(SETTLE) } },
  }
  const execute = { wall: 0, processor: 0 }
  let runs = 0
  const l1 = createEngine({
    spec: engines.spec(genesis),
    crypto: engines.crypto,
    logger: silentLogger,
    async execute(data, gas) {
      const { result, wall, processor } = await timed(() => engines.execute.precompile(data, gas))
      execute.wall += wall
      execute.processor += processor
      runs += 1
      if (!result.ok) throw new Error('EXECUTE refuses the settlement')
      return result
    },
  })
  const chain = await openSealedChain(genesis, { ...engines, l1: () => l1 }, silentLogger)
  const call = { to: SETTLER, data: `0x${bytesToHex(input)}` as const, gas: TRANSACTION_GAS }
  const [signed = []] = await signRounds({ name: 'settlement', calls: () => [call] }, 1)
  const { result, wall, processor } = await timed(() => chain.seal(signed))
  await chain.close()
  return { execute, block: { wall, processor }, gasUsed: result.block.header.gasUsed, runs }
}
