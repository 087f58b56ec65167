/**
 * Loaded into the node before everything else (`--import`, with `--expose-gc`): on SIGUSR2 it collects garbage and writes
 * what is left as a line of the log.
 */

/** Bytes after a full collection, and how many timers, sockets and requests are open. */
export type Memory = { heapUsed: number; external: number; arrayBuffers: number; handles: number }

export const MEMORY_EVENT = 'memory'

process.on('SIGUSR2', () => {
  globalThis.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  const handles = process.getActiveResourcesInfo().length
  const memory: Memory = { heapUsed, external, arrayBuffers, handles }
  process.stderr.write(`${JSON.stringify({ level: 20, event: MEMORY_EVENT, time: Date.now(), ...memory })}\n`)
})
