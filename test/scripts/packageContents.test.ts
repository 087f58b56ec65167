import { expect, it } from 'vitest'
import {
  fileProblems,
  importProblems,
  type Manifest,
  sizeProblems,
  specifiers,
} from '../../scripts/package/contents.mjs'

const manifest: Manifest = {
  name: 'parcel',
  bin: { parcel: 'dist/bin/parcel.js' },
  exports: {
    './viem': { types: './dist/viem.d.ts', default: './dist/viem.js' },
    './kit/*': './kit/*',
    './package.json': './package.json',
  },
  dependencies: { '@scope/engine': '1.0.0' },
  peerDependencies: { viem: '^2.0.0' },
}
const files = [
  ...['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json'],
  ...['dist/bin/parcel.js', 'dist/viem.js', 'dist/viem.d.ts', 'kit/A.sol', 'kit/mocks/B.sol'],
]
const without = (missing: string) => files.filter((file) => !file.startsWith(missing))
const imports = (file: string, text: string) => importProblems(file, text, new Set(files), manifest)

it('a package with everything that it promises and nothing else is right', () => {
  expect(fileProblems(files, manifest)).toEqual([])
  expect(sizeProblems(1_000_000)).toEqual([])
})

it('names what is missing', () => {
  for (const missing of ['LICENSE', 'dist/bin/parcel.js', 'dist/viem.js', 'dist/viem.d.ts']) {
    expect(fileProblems(without(missing), manifest)).toEqual([`${missing} is not in the package`])
  }
  expect(fileProblems(without('kit/'), manifest)).toEqual(['kit/* is not in the package'])
})

it.each([
  'test/a.js',
  'dist/test/a.js',
  'dist/bench/a.js',
  'dist/scripts/a.js',
  'dist/viem.test.js',
  'dist/.built',
  'dist/viem.ts',
  'dist/viem.js.map',
  'examples/hardhat/node_modules/viem/index.js',
  'reenact-0.1.0.tgz',
  '.npmrc',
  'examples/dapp/.env',
])('%s does not belong there', (file) => {
  expect(fileProblems([...files, file], manifest)).toEqual([`${file} does not belong there`])
})

it('an entry names its types first: the first condition that holds is taken', () => {
  const exports = { './viem': { default: './dist/viem.js', types: './dist/viem.d.ts' } }
  expect(fileProblems(files, { ...manifest, exports })).toEqual(['exports["./viem"] must name its types first'])
})

it('a package of more than 2.5 MB is too large', () => {
  expect(sizeProblems(2_500_001)).toEqual(['the package has 2,500,001 bytes, at most 2,500,000'])
})

it('specifiers are what users write, one for each file behind a wildcard', () => {
  expect(specifiers(files, manifest)).toEqual({
    modules: ['parcel/viem'],
    resolved: ['parcel/kit/A.sol', 'parcel/kit/mocks/B.sol', 'parcel/package.json'],
  })
})

it('imports lead to files of the package, its dependencies, its peers and Node', () => {
  const text = `import { a } from '@scope/engine/sub'
    import type { B } from "viem"
    import 'node:fs'
    export * from './bin/parcel.js'
    const c = await import('viem/actions')
    const words = { from: 'here', to: ', ' }`
  expect(imports('dist/viem.js', text)).toEqual([])
  expect(imports('dist/viem.d.ts', `export type { A } from './viem.ts'`)).toEqual([])
  expect(imports('kit/mocks/B.sol', 'import {A, C} from "../A.sol";')).toEqual([])
})

it.each([
  ['dist/viem.js', `import { a } from 'vitest'`, 'vitest'],
  ['dist/viem.js', `import '@scope/other'`, '@scope/other'],
  ['dist/viem.js', `const a = await import('./gone.js')`, './gone.js'],
  ['dist/viem.js', `import { a } from './viem.ts'`, './viem.ts'],
  ['dist/viem.js', `import fs from 'fs'`, 'fs'],
  ['dist/viem.d.ts', `export type A = import('./gone.ts').A`, './gone.ts'],
  ['kit/A.sol', 'import "../contracts/C.sol";', '../contracts/C.sol'],
])('%s: %s cannot be followed', (file, text, specifier) => {
  expect(imports(file, text)).toEqual([`${file} imports ${specifier}, which users do not have`])
})
