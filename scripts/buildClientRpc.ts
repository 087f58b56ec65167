// Generates client/generated/ from the descriptions of the rollup_ methods: types of what they take and answer, and an action
// for each. `--check` writes nothing and fails when the files on disk are not what this would write.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readComments } from './clientRpc/comments.ts'
import { clientFiles } from './clientRpc/files.ts'
import { readEvents, readMethods } from './clientRpc/methods.ts'

const FOLDER = join('client', 'generated')

const files = clientFiles({ ...readMethods(), events: readEvents(), comments: readComments() })
mkdirSync(FOLDER, { recursive: true })
const others = readdirSync(FOLDER).filter((name) => !files.has(name))
const stale = [...files].filter(([name, text]) => {
  const path = join(FOLDER, name)
  return !existsSync(path) || readFileSync(path, 'utf8') !== text
})
const faults = [...others, ...stale.map(([name]) => name)]
if (!process.argv.includes('--check')) {
  for (const name of others) rmSync(join(FOLDER, name))
  for (const [name, text] of stale) writeFileSync(join(FOLDER, name), text)
} else if (faults.length > 0) {
  console.error(`${FOLDER} is stale: run npm run build:client`)
  process.exitCode = 1
}
console.log(`${FOLDER}: ${faults.length === 0 ? 'up to date' : `${faults.join(', ')} differ`}`)
