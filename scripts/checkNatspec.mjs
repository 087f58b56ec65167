// Fails when something that can be reached from outside a contract has no complete NatSpec (scripts/lib/natspec.mjs).
import { natspecProblems } from './lib/natspec.mjs'
import { parseSolidity, projectSources } from './lib/solidity.mjs'

const paths = projectSources()
const problems = natspecProblems(parseSolidity(paths))
for (const problem of problems) console.error(problem)
console.log(`NatSpec: ${paths.length} files, ${problems.length} gaps`)
process.exit(problems.length === 0 ? 0 : 1)
