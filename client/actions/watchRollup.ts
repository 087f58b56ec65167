import { RpcRequestError, SocketClosedError } from 'viem'
import { EVENT_FORMS, type RollupEvents } from '../generated/events.ts'
import { UnexpectedAnswerError, WebSocketRequiredError } from '../nodeErrors.ts'
import { decodeAnswer, type RollupClient, refusalOf } from '../rollupRequest.ts'

export type RollupEventName = keyof RollupEvents

export type WatchRollupParameters<name extends RollupEventName = RollupEventName> = {
  /** `status` also tells the present one at once */
  event: name
  onEvent: (event: RollupEvents[name]) => void
  /** It is over: the node refused, or the connection is lost. What happened since is to be asked for. */
  onError?: ((error: Error) => void) | undefined
}
/** Hears no more. */
export type WatchRollupReturnType = () => void

/**
 * Hears of what happens between the chains as the node pushes it: settlements, messages, withdrawals, calls of EXECUTE, and
 * whenever the status is another one.
 *
 * @throws WebSocketRequiredError for a client without a WebSocket transport
 * @example const unwatch = watchRollup(client, { event: 'settlements', onEvent: ({ l2Block }) => console.log(l2Block) })
 */
export function watchRollup<name extends RollupEventName>(
  client: RollupClient,
  { event, onEvent, onError }: WatchRollupParameters<name>,
): WatchRollupReturnType {
  const connect = connectionOf(client)
  let stop: (() => void) | undefined
  let isOver = false
  const end = (error?: unknown) => {
    if (isOver) return
    isOver = true
    stop?.()
    if (error !== undefined) onError?.(error instanceof Error ? error : new Error(String(error)))
  }
  const hear = (result: unknown) => {
    if (isOver) return
    let news: RollupEvents[name]
    try {
      news = decodeAnswer(result, EVENT_FORMS[event], NOTIFICATION) as RollupEvents[name]
    } catch (error) {
      end(error)
      return
    }
    onEvent(news)
  }
  subscribe(connect, event, { hear, end }).then((unsubscribe) => {
    stop = unsubscribe
    if (isOver) stop()
  }, end)
  return () => end()
}

const SUBSCRIBE = 'rollup_subscribe'
const NOTIFICATION = 'rollup_subscription'

type Answer = { result?: unknown; error?: { code: number; message: string } }

/** What viem's WebSocket transport has, as far as it is used here. */
type Connection = {
  url: string
  socket: {
    addEventListener(type: 'message' | 'close', listener: (event: { data?: unknown }) => void): void
    removeEventListener(type: 'message' | 'close', listener: (event: { data?: unknown }) => void): void
  }
  requestAsync(parameters: { body: { method: string; params: readonly unknown[] } }): Promise<Answer>
}
type Connect = () => Promise<Connection>

/** Of the transport, or of the first in a fallback that has one. */
function connectionOf({ transport }: RollupClient): Connect {
  const inFallback = ((transport as { transports?: readonly { value?: unknown }[] }).transports ?? []).map(
    ({ value }) => value,
  )
  for (const one of [transport, ...inFallback] as readonly { getRpcClient?: Connect }[]) {
    if (one?.getRpcClient !== undefined) return one.getRpcClient
  }
  throw new WebSocketRequiredError(SUBSCRIBE)
}

type Listener = { hear(result: unknown): void; end(error: unknown): void }
type Notification = { method?: string; params?: { subscription?: unknown; result?: unknown } }

/**
 * viem hands on the notifications of eth_subscribe alone, so these are read from its socket. Some may come before the
 * answer that tells which are meant: they wait for it.
 */
async function subscribe(connect: Connect, event: RollupEventName, { hear, end }: Listener): Promise<() => void> {
  const connection = await connect()
  const { socket, url } = connection
  let id: unknown
  let early: Notification[] = []
  const take = ({ params }: Notification) => {
    if (params?.subscription === id) hear(params?.result)
  }
  const onMessage = ({ data }: { data?: unknown }) => {
    const notification = notificationIn(data)
    if (notification === undefined) return
    if (id === undefined) early.push(notification)
    else take(notification)
  }
  const onClose = () => end(new SocketClosedError({ url }))
  const leave = () => {
    socket.removeEventListener('message', onMessage)
    socket.removeEventListener('close', onClose)
  }
  socket.addEventListener('message', onMessage)
  socket.addEventListener('close', onClose)
  try {
    id = await request(connection, SUBSCRIBE, event)
    if (typeof id !== 'string') throw new UnexpectedAnswerError({ method: SUBSCRIBE, path: '', expected: 'a string' })
  } catch (error) {
    leave()
    throw error
  }
  for (const notification of early) take(notification)
  early = []
  return () => {
    leave()
    // A lost connection has ended it already.
    request(connection, 'rollup_unsubscribe', id).catch(() => undefined)
  }
}

function notificationIn(data: unknown): Notification | undefined {
  if (typeof data !== 'string' || !data.includes(`"${NOTIFICATION}"`)) return undefined
  try {
    const message = JSON.parse(data) as Notification
    return message.method === NOTIFICATION ? message : undefined
  } catch {
    // nobody is above this listener: what is thrown here would end the process
    return undefined
  }
}

async function request(connection: Connection, method: string, param: unknown): Promise<unknown> {
  const body = { method, params: [param] }
  const { result, error } = await connection.requestAsync({ body })
  if (error !== undefined) throw refusalOf(new RpcRequestError({ body, error, url: connection.url }), method)
  return result
}
