import { Session } from 'node:inspector/promises'

/**
 * Which functions of which files run while `work` does, as the engine itself counts them: no module is replaced, every copy
 * of a package counts, and so does what other packages import. Names look like `@noble/hashes/sha3.js keccakP`.
 */
export async function calledFunctions(pattern: RegExp, work: () => Promise<void>): Promise<string[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  try {
    await work()
    const { result } = await session.post('Profiler.takePreciseCoverage')
    return result.flatMap(({ url, functions }) => {
      const [file] = pattern.exec(url) ?? []
      if (file === undefined) return []
      const called = functions.filter(({ ranges: [whole] }) => whole !== undefined && whole.count > 0)
      return called.map(({ functionName }) => `${file} ${functionName}`)
    })
  } finally {
    session.disconnect()
  }
}
