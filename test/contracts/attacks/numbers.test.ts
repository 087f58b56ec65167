import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const FOLDER = 'test/contracts/attacks'
/** Attacks whose tests need the surroundings of another file, by their numbers in the list. */
const ELSEWHERE: Readonly<Record<string, readonly number[]>> = {
  'test/contracts/factory.test.ts': [85],
  'test/contracts/forced.test.ts': [35, 86],
  'test/contracts/router.test.ts': [83, 84],
  'test/contracts/tokensForged.test.ts': [61, 80, 81, 82],
  'test/contracts/tokensHostile.test.ts': [79],
  'test/rollup/rebuild.test.ts': [44],
  'test/rollup/sequencer.test.ts': [88],
  'test/e2e/longStop.test.ts': [89],
  'test/e2e/advance.test.ts': [87],
}
const ATTACKS = 94

/** `it('12 ...'`, `it('35, 86 ...'`, `it.each(rows)('12 ...'`, and the same with describe and test. */
const CALL = /^\s*(?:(?:describe|it|test)(?:\.each(?:<.*>)?\(.*\))?|\]\))\(\s*['"`](\d+(?:, \d+)*) /gm
/** Rows of a table of which the name comes first: `['12 ...', ...]`. */
const ROW = /^\s*(?:\.\.\..*\[|\[|return \[|'[\w-]+': \[|replay: \[|withdrawals: \[)\s*['"`](\d+(?:, \d+)*) /gm

/** The numbers that names begin with. A name stands at the beginning of its line or call, so comments are not counted. */
function numbersIn(source: string, ...forms: readonly RegExp[]): number[] {
  const lists = forms.flatMap((form) => [...source.matchAll(form)].map(([, list = '']) => list.split(', ')))
  return lists.flat().map(Number)
}

it('every attack of the list has a test under its number', () => {
  const own = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts') && name !== 'numbers.test.ts')
  const found = new Set(Object.values(ELSEWHERE).flat())
  for (const name of own) {
    for (const number of numbersIn(readFileSync(`${FOLDER}/${name}`, 'utf8'), CALL, ROW)) found.add(number)
  }
  const missing = Array.from({ length: ATTACKS }, (_, index) => index + 1).filter((number) => !found.has(number))
  expect(missing).toEqual([])
  expect(Math.max(...found)).toBe(ATTACKS)
})

it.each(Object.entries(ELSEWHERE))('%s has %j', (file, numbers) => {
  expect(numbersIn(readFileSync(file, 'utf8'), CALL)).toEqual(expect.arrayContaining([...numbers]))
})

it('finds names, and nothing but names', () => {
  const source = [
    "it('1 a name', async () => {",
    "  it.each(rows)('2 %s', async () => {",
    "  ['3 first in a row', change, 'error'],",
    '    `4 not a name`,',
    "  // it('5 a comment'",
    "  const text = '6 in a string'",
    "  it.each(['a', 'b'] as const)(",
    "    '7 on a line of its own',",
    "describe('8 a suite', () => {",
    "  it('9, 10 of two', () => {",
    "  it('11' + name)",
    '  it.each([',
    "    ['a', 12],",
    "  ])('13 %s', () => {",
  ]
  expect(numbersIn(source.join('\n'), CALL, ROW).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 7, 8, 9, 10, 13])
})
