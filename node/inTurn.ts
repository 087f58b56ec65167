/** Runs tasks one after another. `waiting` counts those that have not ended. */
export type Turns = { readonly waiting: number; run<T>(task: () => Promise<T>): Promise<T> }

export function createTurns(): Turns {
  let waiting = 0
  let tail: Promise<unknown> = Promise.resolve()
  return {
    get waiting() {
      return waiting
    },
    run(task) {
      waiting += 1
      const result = tail.then(task).finally(() => {
        waiting -= 1
      })
      tail = result.catch(() => undefined)
      return result
    },
  }
}
