// Measures what transactions of the contracts cost in our engine under Amsterdam, and prints a table. With --check it fails
// when a figure is above its limit or more than 2 % above contracts/snapshots/gas.json, with --write it makes that file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { problems, render, type Table } from './gas/limits.ts'
import { measureAll } from './gas/rows.ts'

const SNAPSHOT = join('contracts', 'snapshots', 'gas.json')

const measured: Table = Object.fromEntries(await measureAll())
console.log(render(measured))
console.log(`
execution  regular gas of what runs: no intrinsic gas, no calldata, nothing that runs in the frame of a delivered message
state      EIP-8037 state gas of the whole transaction
floor      EIP-7976 calldata floor of the whole transaction
regular    regular gas of the whole transaction before refunds, the floor applied; EXECUTE counts as free`)

if (process.argv.includes('--write')) {
  writeFileSync(SNAPSHOT, `${JSON.stringify(measured, null, 2)}\n`)
  console.log(`\nwrote ${SNAPSHOT}`)
}
const snapshot = existsSync(SNAPSHOT) ? (JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as Table) : {}
const found = problems(measured, snapshot)
for (const problem of found) console.error(problem)
if (found.length > 0) {
  console.error(`\n${SNAPSHOT} holds the accepted figures; to accept these: npm run gas -- --write (limits stay)`)
  if (process.argv.includes('--check')) process.exitCode = 1
}
