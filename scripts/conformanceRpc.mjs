// Replays the cases of execution-apis against this node: `npm run conformance:rpc -- DIR`. Plain JavaScript, because the
// build comes first.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import './setup.mjs'

const script = fileURLToPath(new URL('../dist/scripts/conformance/rpc.js', import.meta.url))
const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
