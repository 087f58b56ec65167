// Writes batches of 200 entries that all carry the batch's number, and reports each one after it resolved.
import { openStore } from '../../../node/store.ts'

const dataDir = process.argv[2]
if (dataDir === undefined) throw new Error('usage: writeBatches DIR')
const store = await openStore({ dataDir })
const start = store.get('head')?.[0] ?? 0
for (let number = start + 1; number < 256; number++) {
  const value = new Uint8Array(500).fill(number)
  const operations = Array.from({ length: 200 }, (_, i) => ({ type: 'put' as const, key: `e${i}`, value }))
  await store.batch([...operations, { type: 'put', key: 'head', value: Uint8Array.of(number) }])
  process.stdout.write(`${number}\n`)
}
