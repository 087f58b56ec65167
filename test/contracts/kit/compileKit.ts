import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Abi, Hex } from 'viem'
import { projectSources } from '../../../scripts/lib/solidity.mjs'

export type KitContract = { abi: Abi; creationCode: Hex; runtimeCode: Hex }
export type CompiledKit = { problems: readonly string[]; contracts: ReadonlyMap<string, KitContract> }

type Bytecode = { object: string }
type Output = {
  errors?: readonly { formattedMessage: string }[]
  contracts?: Record<string, Record<string, { abi: Abi; evm: { bytecode: Bytecode; deployedBytecode: Bytecode } }>>
}

const ROOT = new URL('../../../', import.meta.url)
/** The oldest compiler that the kit allows is among the packages of the tests. */
const COMPILERS = { 'solc-floor': 'test/package.json', solc: 'package.json' } as const

const done = new Map<string, CompiledKit>()

/** All of contracts/kit/ as a user's compiler sees it: default settings, another code generator than ours. */
export function compileKit(name: keyof typeof COMPILERS): CompiledKit {
  const compiled = done.get(name) ?? compileAll(name)
  done.set(name, compiled)
  return compiled
}

function compileAll(name: keyof typeof COMPILERS): CompiledKit {
  const compiler = createRequire(new URL(COMPILERS[name], ROOT))(name)
  const sources = Object.fromEntries(
    projectSources('contracts/kit').map((path) => [path, { content: readFileSync(new URL(path, ROOT), 'utf8') }]),
  )
  const wanted = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']
  const settings = { outputSelection: { '*': { '*': wanted } } }
  const output: Output = JSON.parse(compiler.compile(JSON.stringify({ language: 'Solidity', sources, settings })))
  const contracts = Object.values(output.contracts ?? {}).flatMap((units) => Object.entries(units))
  return {
    problems: (output.errors ?? []).map(({ formattedMessage }) => formattedMessage),
    contracts: new Map(
      contracts.map(([contract, { abi, evm }]) => [
        contract,
        { abi, creationCode: `0x${evm.bytecode.object}`, runtimeCode: `0x${evm.deployedBytecode.object}` },
      ]),
    ),
  }
}
