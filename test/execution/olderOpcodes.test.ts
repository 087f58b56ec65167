import { describe, expect, test } from 'vitest'
import { runCallRequest } from '../../execution/call.ts'
import { bytesToBigint } from '../../stateless/bytes.ts'
import { address, createFixture, key } from './callSupport.ts'

const GAS = 1_000_000n
const LOOKER = address(1)
const OLD_CODE = address(2)
/** Deployed before EIP-3541 forbade such code: 5 bytes. */
const CONTAINER = '0xef00010203'

/**
 * MSTORE8(0, first), creation of the two bytes `first` and 0 with no value (CREATE2: salt 7), then returns the address
 * and the gas that is left.
 */
const creation = (first: string, opcode: 'f0' | 'f5') =>
  `0x60${first}5f53${opcode === 'f5' ? '6007' : ''}60025f5f${opcode}5f525a60205260405ff3`

describe.each(['shanghaiTime', 'osakaTime', 'amsterdamTime'])('bytes that begin with ef00 up to %s', (fork) => {
  async function run(code: string) {
    const fixture = await createFixture(fork, {
      [key(LOOKER)]: { code },
      [key(OLD_CODE)]: { code: CONTAINER },
    })
    const outcome = await runCallRequest({ to: LOOKER, gas: GAS }, fixture.context, fixture)
    if (outcome.status !== 'success') throw new Error(outcome.status)
    return [bytesToBigint(outcome.output.subarray(0, 32)), bytesToBigint(outcome.output.subarray(32, 64))] as const
  }

  test.each(['f0', 'f5'] as const)('are init code that runs into its first opcode (%s)', async (opcode) => {
    const [container, gasAfterContainer] = await run(creation('ef', opcode))
    const [invalid, gasAfterInvalid] = await run(creation('fe', opcode))
    expect([container, gasAfterContainer]).toEqual([invalid, gasAfterInvalid])
    expect(container).toBe(0n)
    // What was handed on is gone; from Amsterdam on a failed creation gives back the state gas of its account.
    expect(gasAfterContainer).toBeLessThan(GAS / 4n)
  })

  test('are ordinary code to EXTCODESIZE and EXTCODECOPY', async () => {
    const target = `73${Buffer.from(OLD_CODE).toString('hex')}`
    // EXTCODECOPY(target, 0, 0, 5), MSTORE(32, EXTCODESIZE(target)), RETURN(0, 64)
    const [copied, size] = await run(`0x60055f5f${target}3c${target}3b60205260405ff3`)
    expect(size).toBe(5n)
    expect(copied).toBe(BigInt(CONTAINER) << 216n)
  })
})
