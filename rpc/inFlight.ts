import type { Socket } from 'node:net'
import { createStop, type Stop } from './stop.ts'

/** Requests of one connection that may wait for others of it. Each can hold what a socket gives at once, unread. */
const MAX_WAITING = 8

/**
 * Lets so many requests of one connection run at a time, from the first byte of the body on: others may be pipelined
 * behind them. They share one Stop, because only the connection tells that its caller is gone.
 */
export function createInFlight(limit: number) {
  type Turns = { running: number; waiting: (() => void)[]; stop: Stop; leave(): void }
  const bySocket = new WeakMap<Socket, Turns>()

  function turnsOf(socket: Socket): Turns {
    const known = bySocket.get(socket)
    if (known) return known
    const leave = () => {
      const next = turns.waiting.shift()
      if (next) next()
      else turns.running--
      if (turns.waiting.length < MAX_WAITING && socket.isPaused()) socket.resume()
    }
    const turns: Turns = { running: 0, waiting: [], stop: createStop(), leave }
    socket.once('close', () => turns.stop.stop())
    bySocket.set(socket, turns)
    return turns
  }

  return {
    /** `turn`: resolves when the request may run; undefined: at once. `leave` is to be called when it has ended. */
    enter(socket: Socket): { stop: Stop; turn: Promise<void> | undefined; leave(): void } {
      const turns = turnsOf(socket)
      const { stop, leave, waiting } = turns
      if (turns.running < limit) {
        turns.running++
        return { stop, leave, turn: undefined }
      }
      // Only a socket that is read tells that its peer has gone.
      if (waiting.length >= MAX_WAITING) socket.pause()
      return { stop, leave, turn: new Promise((resolve) => waiting.push(resolve)) }
    },
  }
}
