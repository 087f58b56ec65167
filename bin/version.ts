import { readFileSync } from 'node:fs'

/** Version of the package, read from the package.json beside the sources or beside dist/. */
export const VERSION: string = readVersion()

/** What web3_clientVersion answers. */
export const CLIENT_VERSION = `reenact/v${VERSION}/${process.platform}-${process.arch}/node${process.versions.node}`

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
