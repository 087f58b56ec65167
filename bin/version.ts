import { readFileSync } from 'node:fs'
import type { Software } from '../rpc/rollup/deps.ts'

/** Version of the package, read from the package.json beside the sources or beside dist/. */
export const VERSION: string = readVersion()

/** What web3_clientVersion answers. */
export const CLIENT_VERSION = `reenact/v${VERSION}/${process.platform}-${process.arch}/node${process.versions.node}`

/** What rollup_version tells of this process. */
export const SOFTWARE: Software = { client: CLIENT_VERSION, ...readCommit(), node: process.versions.node }

/** Of a checkout; an installed package has its version alone. */
function readCommit(): { commit?: string } {
  const git = (path: string) => readFileSync(new URL(`../.git/${path}`, import.meta.url), 'utf8').trim()
  try {
    const head = git('HEAD')
    const commit = head.startsWith('ref: ') ? git(head.slice('ref: '.length)) : head
    return /^[0-9a-f]{40}$/.test(commit) ? { commit } : {}
  } catch {
    return {}
  }
}

function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
      if (name === 'reenact') return version
    } catch {
      // not this level; the other one has it
    }
  }
  return 'unknown'
}
