import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** bytes of the claim path after gzip, beyond what viem takes */
const LIMIT = 15_000
const CLAIM_PATH = `export { waitToClaim, buildClaimWithdrawal, claimWithdrawal } from 'reenact/viem'`
/** what a dapp has of viem before it knows of rollups */
const DAPP = `export { createPublicClient, createWalletClient, custom, http, parseEther } from 'viem'`

type Bundle = {
  /** bytes */
  gzip: number
  /** of this repository, those of which something is left; without `.ts` */
  sources: string[]
}

/** What a bundler makes, for a browser, of a module that is written here. */
async function bundle(
  contents: string,
  options: Pick<BuildOptions, 'external' | 'ignoreAnnotations'> = {},
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    alias: { 'reenact/viem': join(root, 'client/viem.ts'), 'reenact/abi': join(root, 'client/abi.ts') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    ...options,
  })
  const [output] = outputFiles
  const [details] = Object.values(metafile.outputs)
  if (output === undefined || details === undefined) throw new Error('nothing was built')
  const sources = Object.entries(details.inputs).flatMap(([path, { bytesInOutput }]) =>
    path.startsWith('client/') && bytesInOutput > 0 ? [path.replace(/^client\/(.*)\.ts$/, '$1')] : [],
  )
  return { gzip: gzipSync(output.contents).length, sources }
}

test('the claim path is smaller than 15 KB: its own code, and what it adds to a dapp with viem', async () => {
  const alone = await bundle(CLAIM_PATH, { external: ['viem', 'viem/*'] })
  const [dapp, withClaims] = await Promise.all([bundle(DAPP), bundle(`${DAPP}\n${CLAIM_PATH}`)])
  const added = withClaims.gzip - dapp.gzip
  expect(alone.gzip).toBeGreaterThan(1_000)
  expect(alone.gzip).toBeLessThan(LIMIT)
  expect(added).toBeLessThan(LIMIT)
})

test('an action brings along what it needs and no other action', async () => {
  const { sources } = await bundle(`export { getL2Head } from 'reenact/viem'`)
  expect(sources.sort()).toEqual([
    'abis/nativeRollup',
    'actions/getL2Head',
    'actions/rollupOfClient',
    'chains',
    'errors',
  ])
  const claims = await bundle(CLAIM_PATH)
  expect(claims.sources.filter((source) => /deposit|Message$|getDevnet|decorators/.test(source))).toEqual([])
})

test('nothing happens at import, even for a bundler that believes no promises', async () => {
  const contents = `import './client/viem.ts'; import './client/abi.ts'`
  const { sources } = await bundle(contents, { ignoreAnnotations: true })
  expect(sources).toEqual([])
})
