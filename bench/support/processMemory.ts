import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const KIB = 1024
export const MIB = 1024 * KIB

/** Resident memory of a whole process in bytes, as the system counts it; undefined where there is no /proc. */
export function residentBytes(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes === undefined ? undefined : Number(kibibytes) * KIB
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Bytes of all files below a folder. A store renames and deletes files while it is read: those that go count nothing. */
export function bytesBelow(folder: string): number {
  let bytes = 0
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false })
    if (stat?.isFile()) bytes += stat.size
  }
  return bytes
}
