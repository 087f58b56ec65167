import type { WebSocket } from 'ws'
import type { Logger } from '../node/types.ts'
import { type Answer, answerBytes } from './answer.ts'
import type { ByteBudget } from './byteBudget.ts'

/** Close code of RFC 6455 7.4.1. */
const POLICY_VIOLATION = 1008
/** A peer that has been told to go may read for this long what was sent before. */
const CLOSE_GRACE_MS = 2_000
/** With more unread bytes than this, no further request is read from the connection. */
const PAUSE_BACKLOG_BYTES = 1_048_576

type SenderDeps = {
  logger: Logger
  /** of all connections together */
  unsent: ByteBudget
  /** there is too much of it */
  cutSlowest(): void
  /** this peer reads too little, and its connection is being closed */
  onTooSlow(): void
}

/** Sends, and ends the connection of a peer that lets too much pile up. */
export function createSender(socket: WebSocket, maxBacklogBytes: number, deps: SenderDeps) {
  const { logger, unsent, cutSlowest, onTooSlow } = deps
  let backlogAtCheck = 0
  let counted = 0
  let gone = false
  let waiting: (() => void)[] = []
  const count = () => {
    const backlogBytes = gone ? 0 : socket.bufferedAmount
    unsent.take(backlogBytes - counted)
    counted = backlogBytes
  }
  const forget = () => {
    gone = true
    count()
  }
  const wake = () => {
    count()
    if (socket.readyState === socket.OPEN && socket.bufferedAmount > PAUSE_BACKLOG_BYTES) return
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }
  socket.on('close', () => {
    forget()
    wake()
  })

  function send(answer: Answer): void {
    if (gone || socket.readyState !== socket.OPEN) return
    const backlogBytes = socket.bufferedAmount
    if (backlogBytes > maxBacklogBytes) {
      logger.warn('closed a WebSocket whose peer does not read', { backlogBytes, limit: maxBacklogBytes })
      socket.close(POLICY_VIOLATION, `more than ${maxBacklogBytes} bytes are unread`)
      setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref()
      onTooSlow()
      return
    }
    if (typeof answer === 'string') socket.send(answer, wake)
    else socket.send(answerBytes(answer), { binary: false }, wake)
    count()
    if (unsent.used() > unsent.limit) cutSlowest()
  }

  return {
    send,
    /** what has not been taken is let go with the connection */
    forget,
    /** that were sent and not taken */
    backlogBytes: () => counted,
    /** the peer has taken most of what was sent */
    drained(): Promise<void> | undefined {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount <= PAUSE_BACKLOG_BYTES) return undefined
      return new Promise((resolve) => waiting.push(resolve))
    },
    /** is there a backlog, and has none of it been taken since the last time this was asked? */
    stalled(): boolean {
      const before = backlogAtCheck
      backlogAtCheck = socket.bufferedAmount
      return backlogAtCheck > 0 && backlogAtCheck >= before && before > 0
    },
  }
}
