import { measureAll } from './gas/rows.ts'

const rows = await measureAll()
for (const [name, u] of rows) console.log(name.padEnd(50), u.execution, u.state, u.floor, u.regular)
