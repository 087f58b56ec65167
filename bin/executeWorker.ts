import { Worker } from 'node:worker_threads'
import type { EnginePaths } from '../execution/types.ts'
import type { Logger } from '../node/types.ts'
import type { Finding, Judge } from '../precompiles/types.ts'

export type ThreadSetup = { paths: EnginePaths }
export type ToThread = { input: Uint8Array; budget: bigint }
export type FromThread =
  | { kind: 'found'; finding: Finding }
  /** it threw: a bug of ours, as no fault of an input does that */
  | { kind: 'failed'; reason: string }
  | { kind: 'log'; level: 'warn' | 'error'; event: string; fields: Record<string, unknown> }

/** Inputs that wait for the thread at most; those beyond are judged here, beside it. */
const MAX_WAITING = 16
/** Threads that are started in all: one that an input or the machine ends takes a fraction of a second to replace. */
const MAX_STARTS = 4
/** The compiled file also where this one is a source: no Node 20 loads TypeScript. */
const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/bin/executeThread.js' : './executeThread.js',
  import.meta.url,
)

export type ExecuteWorkerDeps = {
  /** judges on the caller's thread */
  judge: Judge
  logger: Pick<Logger, 'debug' | 'warn' | 'error'>
}

type Call = ToThread & { settle(finding: Finding | undefined): void }

/**
 * Judges inputs of EXECUTE on a thread, so that the event loop stays free. The thread is started with the first input and
 * kept; it has no part in keeping the process alive but while it judges, one input at a time. `deps.judge` is the caller's
 * thread: it judges whatever the other one fails on, so that a thread that crashes, does not start or meets a bug costs
 * time and a warning, and changes no verdict.
 *
 * A call that is called off is judged to its end all the same: others may wait for it, and its gas bounds it.
 */
export class ExecuteWorker {
  readonly #setup: ThreadSetup
  readonly #file: URL
  readonly #deps: ExecuteWorkerDeps
  readonly #waiting: Call[] = []
  #running: Call | undefined
  #thread: Worker | undefined
  #starts = 0
  #isClosed = false

  constructor({ file = THREAD, ...setup }: ThreadSetup & { file?: URL }, deps: ExecuteWorkerDeps) {
    this.#setup = setup
    this.#file = file
    this.#deps = deps
  }

  readonly judge: Judge = async (input, budget) => {
    const isBusy = this.#waiting.length >= MAX_WAITING
    const finding = isBusy || this.#isOver() ? undefined : await this.#ask({ input, budget })
    return finding ?? this.#deps.judge(input, budget)
  }

  /** Ends the thread; what it has in hand, and later inputs, are judged by the caller's. */
  async close(): Promise<void> {
    this.#isClosed = true
    const thread = this.#thread
    this.#thread = undefined
    this.#answer()
    await thread?.terminate()
  }

  #isOver(): boolean {
    return this.#isClosed || (this.#thread === undefined && this.#starts >= MAX_STARTS)
  }

  #ask(call: ToThread): Promise<Finding | undefined> {
    return new Promise((settle) => {
      this.#waiting.push({ ...call, settle })
      if (this.#running === undefined) this.#next()
    })
  }

  #answer(finding?: Finding): void {
    this.#thread?.unref()
    this.#running?.settle(finding)
    this.#next()
  }

  #next(): void {
    this.#running = this.#waiting.shift()
    if (this.#running === undefined) return
    if (this.#isOver()) {
      this.#answer()
      return
    }
    try {
      this.#thread ??= this.#start()
    } catch (cause) {
      this.#onEnd(cause)
      return
    }
    const { input, budget } = this.#running
    this.#thread.ref()
    this.#thread.postMessage({ input, budget } satisfies ToThread)
  }

  #start(): Worker {
    this.#starts += 1
    this.#deps.logger.debug('starting a thread', { start: this.#starts })
    const thread = new Worker(this.#file, { workerData: this.#setup, execArgv: [] })
    // One that fails tells twice, by its error and by its end; one that is closed tells nobody.
    const onEnd = (cause: unknown): void => {
      if (thread === this.#thread) this.#onEnd(cause)
    }
    thread.on('message', (message: FromThread) => this.#onMessage(message))
    thread.on('error', onEnd)
    thread.on('exit', (code) => onEnd(`it ended with ${code}`))
    return thread
  }

  #onMessage(message: FromThread): void {
    const { logger } = this.#deps
    switch (message.kind) {
      case 'found':
        this.#answer(message.finding)
        return
      case 'failed':
        logger.warn('the EXECUTE thread failed on an input, which is judged without it', { reason: message.reason })
        this.#answer()
        return
      case 'log':
        logger[message.level](message.event, message.fields)
    }
  }

  #onEnd(cause: unknown): void {
    this.#thread = undefined
    this.#deps.logger.warn('the EXECUTE thread ended, what it had in hand is judged without it', {
      reason: String(cause),
      startsLeft: MAX_STARTS - this.#starts,
    })
    this.#answer()
  }
}
