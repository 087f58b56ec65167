/** Milliseconds by the clock and of processor time, that of all threads of this process. */
export type Times = { wall: number; processor: number }

/** Runs something and tells what it took; processor time is what other work on the machine hardly changes. */
export async function timed<T>(run: () => Promise<T>): Promise<Times & { result: T }> {
  const usage = process.cpuUsage()
  const start = performance.now()
  const result = await run()
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(usage)
  return { result, wall, processor: (user + system) / 1_000 }
}
