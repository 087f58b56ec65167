import { type Hex, keccak256, toHex } from 'viem'
import { expect, it } from 'vitest'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { createBridge } from './bridge.ts'
import { ANCHOR_BLOCK, createL1, encodeInput, SEQUENCER, validFields } from './setup.ts'
import type { Outcome } from './vm.ts'

/** Gas without intrinsic gas and calldata, cold, EXECUTE replaced by a stub that costs next to nothing. */
type Row = { what: string; regular: bigint; state: bigint; calldata?: number }

async function advanceRows(amsterdam: boolean): Promise<Row[]> {
  const rows: Row[] = []
  for (const kib of [20, 50, 100, 120]) {
    const l1 = await createL1({}, { amsterdam })
    let parent: Hex | undefined
    // the second block: the first one fills slots for the first time
    for (const number of [1n, 2n]) {
      const fields = validFields(number, parent)
      fields.witness = {
        state: Array.from({ length: kib }, () => new Uint8Array(1_020).fill(7)),
        codes: [],
        headers: [],
      }
      parent = toHex(fields.payload.blockHash)
      const input = encodeInput(fields)
      const outcome = await l1.chain.send(l1.rollup, nativeRollup.abi, 'advance', [toHex(input), ANCHOR_BLOCK], {
        from: SEQUENCER,
      })
      expect(outcome.error).toBeUndefined()
      // The stub copies and hashes the input as well; leave that out.
      const words = BigInt(Math.ceil(input.length / 32))
      const stub = 3n * 2_100n + 3n * words + (6n * words + 30n) + 3n * words + (words * words) / 512n
      if (number === 2n) rows.push(row(`advance ${kib} KiB`, outcome, stub))
    }
  }
  return rows
}

async function bridgeRows(amsterdam: boolean): Promise<Row[]> {
  const bridge = await createBridge({}, { backing: 10n ** 24n, amsterdam })
  const rows: Row[] = []
  // accounts around the messenger, so that proofs have a realistic depth
  for (let i = 0; i < 3_000; i++) {
    const address = `0x${keccak256(toHex(i)).slice(2, 42)}` as Hex
    await bridge.l2.setBalance(address, 1n)
    await bridge.l1.chain.setBalance(address, 1n)
  }
  for (let i = 0; i < 9; i++) {
    const { outcome } = await bridge.tryDeposit({ value: 10n })
    rows.push(row(`sendMessage #${i}`, outcome))
  }
  for (let i = 0; i < 9; i++) await bridge.withdraw({ value: 10n })
  const at = await bridge.settle()
  const header = await bridge.l1Header()
  rows.push(row('proveInbox (first)', await bridge.proveInbox(header)))
  const anchor = await bridge.anchor()
  for (const index of [0n, 1n]) {
    const common = {
      sender: '0xa11ce00000000000000000000000000000000001',
      to: '0xb0b0000000000000000000000000000000000002',
    } as const
    const message = { ...common, value: 10n, fee: 0n, gasLimit: 100_000n, data: '0x', index } as const
    rows.push(row(`L2 claim #${index}`, await bridge.claimOnL2(message, anchor)))
    rows.push(
      row(
        `L1 claim #${index}, proof of ${at.accountProof.length} + ${at.storageProof.length} nodes`,
        await bridge.claimOnL1(message, at),
      ),
    )
  }
  return rows
}

function row(what: string, outcome: Outcome, less = 0n): Row {
  expect(outcome.error).toBeUndefined()
  return { what, regular: outcome.gasUsed - outcome.stateGas - less, state: outcome.stateGas }
}

it.each([false, true])('gas (Amsterdam: %s)', async (amsterdam) => {
  const rows = [...(await advanceRows(amsterdam)), ...(await bridgeRows(amsterdam))]
  const lines = rows.map(
    ({ what, regular, state }) => `${what.padEnd(44)}${String(regular).padStart(9)}${String(state).padStart(9)}`,
  )
  console.log([`${(amsterdam ? 'Amsterdam' : 'Osaka').padEnd(44)}  regular    state`, ...lines].join('\n'))
})
