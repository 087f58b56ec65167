// Code sizes and storage layouts of the contracts in genesis/generated/. Prints the sizes; fails when a code is too large, when
// a slot that the other chain proves has moved, or when a layout differs from contracts/snapshots/storage.txt, which
// --write makes. What is compared are the checked-in artifacts: `npm run check:contracts` shows that they are fresh.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { creationProblems, movedSlots, renderLayouts, renderSizes, sizeProblems } from './lib/layout.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const generated = join(root, 'genesis', 'generated')
const snapshotFile = 'contracts/snapshots/storage.txt'

/** name -> artifact; the files are JSON inside one TypeScript statement */
const artifacts = Object.fromEntries(
  readdirSync(generated)
    .filter((name) => /^[A-Z]/.test(name))
    .map((name) => {
      const text = readFileSync(join(generated, name), 'utf8')
      return [name.replace('.ts', ''), JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))]
    }),
)

console.log(renderSizes(artifacts))
const layouts = renderLayouts(artifacts)
if (process.argv.includes('--write')) {
  writeFileSync(join(root, snapshotFile), layouts)
  console.log(`\nwrote ${snapshotFile}`)
}
const snapshot = existsSync(join(root, snapshotFile)) ? readFileSync(join(root, snapshotFile), 'utf8') : ''
const problems = [...sizeProblems(artifacts), ...creationProblems(artifacts), ...movedSlots(artifacts)]
for (const problem of problems) console.error(problem)
if (layouts !== snapshot) {
  const [now, then] = [layouts.split('\n'), snapshot.split('\n')]
  for (const line of then.filter((line) => !now.includes(line))) console.error(`- ${line}`)
  for (const line of now.filter((line) => !then.includes(line))) console.error(`+ ${line}`)
  console.error(`\na storage layout is not that of ${snapshotFile}; to accept it: npm run check:layout -- --write`)
}
if (problems.length > 0 || layouts !== snapshot) process.exit(1)
