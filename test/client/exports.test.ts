import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../client/${path}`, import.meta.url), 'utf8')

test('no export of reenact/viem by its name hides one of a generated file', () => {
  const entry = read('viem.ts')
  const generated = [...entry.matchAll(/^export (?:type )?\* from '\.\/(.*)'$/gm)].flatMap(([, path = '']) =>
    [...read(path).matchAll(/^export (?:type|function|const) (\w+)/gm)].map(([, name = '']) => name),
  )
  const named = [...entry.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace(/^\s*(type )?/, '').trim()),
  )
  expect(generated.length).toBeGreaterThan(100)
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter((name) => generated.includes(name))).toEqual([])
  expect(generated.filter((name, index) => generated.indexOf(name) !== index)).toEqual([])
})
