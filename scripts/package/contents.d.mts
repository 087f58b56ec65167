export type Manifest = {
  name: string
  bin?: Record<string, string>
  exports: Record<string, string | Record<string, string>>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

export function sizeProblems(packedBytes: number): string[]
export function fileProblems(files: readonly string[], manifest: Manifest): string[]
export function exportedFiles(manifest: Manifest): { specifier: string; file: string }[]
export function specifiers(files: readonly string[], manifest: Manifest): { modules: string[]; resolved: string[] }
export function importProblems(file: string, text: string, files: ReadonlySet<string>, manifest: Manifest): string[]
