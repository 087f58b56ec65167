import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A data directory holds the chains of a devnet, until others are loaded in their place: those have a folder of their own
 * in it, and this file names the one that counts. A crash on the way leaves the old devnet or the new one, whole.
 */
const POINTER = 'current'
const FOLDER = /^loaded-(\d+)$/

/** The folder with the chains that count. */
export function currentFolder(dataDir: string): string {
  const name = currentName(dataDir)
  return name === undefined ? dataDir : join(dataDir, name)
}

/** A folder for other chains; what an interrupted loading left there is removed. */
export function nextFolder(dataDir: string): string {
  const number = Number(FOLDER.exec(currentName(dataDir) ?? '')?.[1] ?? 0)
  const folder = join(dataDir, `loaded-${number + 1}`)
  rmSync(folder, { recursive: true, force: true })
  return folder
}

/** From now on that folder counts. */
export function makeCurrent(dataDir: string, folder: string): void {
  const path = join(dataDir, POINTER)
  writeFileSync(`${path}.draft`, folder.slice(dataDir.length + 1), { flush: true })
  renameSync(`${path}.draft`, path)
}

/** Removes chains that no longer count. */
export function removeFolder(dataDir: string, folder: string): void {
  const isOurs = (name: string) => /^(l1|l2|l2-\d+|genesis\.json)$/.test(name)
  const paths = folder === dataDir ? readdirSync(dataDir).filter(isOurs) : ['']
  for (const name of paths) rmSync(join(folder, name), { recursive: true, force: true })
}

function currentName(dataDir: string): string | undefined {
  try {
    const name = readFileSync(join(dataDir, POINTER), 'utf8')
    return FOLDER.test(name) ? name : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
