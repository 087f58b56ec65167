import { erc20Abi } from 'viem'
import { beforeAll, expect, it } from 'vitest'
import { L2_TOKEN_BRIDGE } from './setup.ts'
import { compileTokens, createTokenBridge, deployToken, type TokenArtifacts } from './tokens.ts'
import { ALICE, BOB } from './vm.ts'

/** contracts/lib/TokenBridge.sol::TOKEN_MESSAGE_GAS */
const MESSAGE_GAS = 3_000_000n

let artifacts: TokenArtifacts
beforeAll(() => {
  artifacts = compileTokens()
})

/** Three bytes for each of 21 characters and one more: 64 bytes, none of them zero. */
const LONGEST = `${'€'.repeat(21)}x`

it('the gas limit of the messages has room for the worst case in Amsterdam, with a third to spare', async () => {
  const rows: Record<string, { regular: bigint; state: bigint }> = {}
  for (const [name, text] of Object.entries({ 'shortest names': 'n', 'longest names': LONGEST })) {
    const bridge = await createTokenBridge({ amsterdam: true })
    const token = await deployToken(bridge.l1.chain, artifacts.PlainToken, [text, text, 18, 10n ** 30n])
    const message = await bridge.send('l1', token)
    expect(message.gasLimit).toBe(MESSAGE_GAS)
    const outcome = await bridge.claim('l2', message)
    expect(outcome.error).toBeUndefined()
    rows[`claim, first mint, ${name}`] = { regular: outcome.gasUsed - outcome.stateGas, state: outcome.stateGas }
    // the claim's own part is in it as well, so the delivered call took less
    expect(outcome.gasUsed * 3n).toBeLessThan(MESSAGE_GAS * 2n)

    const clone = await bridge.localToken('l2', token)
    expect(await bridge.l2.read(clone, erc20Abi, 'name')).toBe(text)
    const next = await bridge.trySend('l1', token, { to: ALICE })
    rows[`deposit, ${name}`] = { regular: next.outcome.gasUsed - next.outcome.stateGas, state: next.outcome.stateGas }
    if (next.message === undefined) throw new Error(next.outcome.error)
    const second = await bridge.claim('l2', next.message)
    rows[`claim, second mint, ${name}`] = { regular: second.gasUsed - second.stateGas, state: second.stateGas }
    expect(second.gasUsed * 5n).toBeLessThan(MESSAGE_GAS)

    const sent = await bridge.trySend('l2', clone, { from: BOB, to: '0x00000000000000000000000000000000000c1a1c' })
    rows[`withdraw, ${name}`] = { regular: sent.outcome.gasUsed - sent.outcome.stateGas, state: sent.outcome.stateGas }
    if (sent.message === undefined) throw new Error(sent.outcome.error)
    const release = await bridge.claim('l1', sent.message)
    rows[`claim, release, ${name}`] = { regular: release.gasUsed - release.stateGas, state: release.stateGas }
    expect(release.gasUsed * 5n).toBeLessThan(MESSAGE_GAS)
  }
  const lines = Object.entries(rows).map(
    ([what, { regular, state }]) => `${what.padEnd(36)}${String(regular).padStart(9)}${String(state).padStart(10)}`,
  )
  console.log([`${'Amsterdam'.padEnd(36)}  regular     state`, ...lines].join('\n'))
})

it('the delivered mint alone, with the longest names, needs less than two thirds of it', async () => {
  const bridge = await createTokenBridge({ amsterdam: true })
  // a message can be tried once for each gas limit, since a failed delivery changes nothing
  const attempt = async (gasLimit: bigint) => {
    const token = await deployToken(bridge.l1.chain, artifacts.PlainToken, [LONGEST, LONGEST, 18, 10n ** 30n])
    const { data } = await bridge.send('l1', token)
    const message = await bridge.deposit({ to: L2_TOKEN_BRIDGE, data, gasLimit, from: bridge.l1.bridge })
    return (await bridge.claimOnL2(message, await bridge.anchor())).error
  }
  let [low, high] = [1_000_000n, (MESSAGE_GAS * 2n) / 3n]
  expect(await attempt(high)).toBeUndefined()
  while (high - low > 16_000n) {
    const middle = (low + high) / 2n
    if ((await attempt(middle)) === undefined) high = middle
    else low = middle
  }
  console.log(`the first mint of a token with the longest names needs ${high} gas of ${MESSAGE_GAS}`)
})
