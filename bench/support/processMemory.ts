import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const KIB = 1024
export const MIB = 1024 * KIB

/** Bytes of a process in memory: all of them, and those that are no pages of mapped files, which the system can drop. */
export type Resident = { all: number; own: number }

/** As the system counts it for the whole process; undefined where there is no /proc. */
export function residentMemory(pid: number): Resident | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * KIB
    return { all: bytes('VmRSS'), own: bytes('RssAnon') }
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
