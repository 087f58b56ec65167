/**
 * Resolves with the signal that asks the process to stop. A second signal ends it at once.
 *
 * SIGTERM and SIGINT are a normal end: the exit code is 0 after everything has been closed.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (signal: NodeJS.Signals) => {
      if (asked) process.exit(130)
      asked = true
      resolve(signal)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
