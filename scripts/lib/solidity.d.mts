import type { Abi } from 'viem'

export type Artifact = {
  abi: Abi
  creationCode: `0x${string}`
  runtimeCode: `0x${string}`
  immutableReferences: Record<string, readonly { start: number; length: number }[]>
  storageLayout: {
    storage: readonly { label: string; slot: string; offset: number; type: string }[]
    types: Record<string, unknown> | null
  }
}

export function compileSolidity<Name extends string>(
  units: Record<Name, string>,
  overlay?: ReadonlyMap<string, string>,
): Record<Name, Artifact>

/** Parts of solc's syntax tree that the checks look at. */
export type SyntaxTrees = Record<string, { ast: unknown }>

export function projectSources(folder?: string): string[]
export function parseSolidity(paths: readonly string[], overlay?: ReadonlyMap<string, string>): SyntaxTrees
export function parseWithImports(paths: readonly string[], overlay?: ReadonlyMap<string, string>): SyntaxTrees
