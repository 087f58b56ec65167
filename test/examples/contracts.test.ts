import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { doublerBytecode } from '../../examples/contracts/doubler.mjs'
import { compileSolidity } from '../../scripts/lib/solidity.mjs'

const PATH = 'examples/contracts/Doubler.sol'

test('Doubler.sol compiles to the code that the example deploys', () => {
  const source = readFileSync(new URL(`../../${PATH}`, import.meta.url), 'utf8')
  // users have the kit in a package, we have it here
  const overlay = new Map([[PATH, source.replaceAll('"reenact/contracts/', '"contracts/')]])
  expect(compileSolidity({ Doubler: PATH }, overlay).Doubler?.creationCode).toBe(doublerBytecode)
})
