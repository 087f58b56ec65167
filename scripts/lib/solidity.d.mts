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
