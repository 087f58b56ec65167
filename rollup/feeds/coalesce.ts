/** Runs `work` when it is asked for, one at a time; however often it is asked for meanwhile, it runs once more. */
export function coalesce(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let isRunning = false
  let isAsked = false

  async function run(): Promise<void> {
    isRunning = true
    while (isAsked) {
      isAsked = false
      await work().catch(onError)
    }
    isRunning = false
  }
  return () => {
    isAsked = true
    if (!isRunning) void run()
  }
}
