import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { giveWay } from '../../node/eventLoop.ts'
import { quantity } from '../../rpc/codec.ts'
import { method, optional, required, text } from '../../rpc/params.ts'
import type { MethodTable } from '../../rpc/types.ts'
import { call, http, openSocket, post, startServer, type TestServer } from './support.ts'

const MIB = 1024 * 1024
/** longer than all bounds of the hasty server, and shorter than each of the other one */
const CLOSED_WITHIN_MS = 9_000

const pushers = new Set<(value: unknown) => void>()
let notes = 0

const methods: MethodTable = {
  test_echo: method([optional('value', text)], ([value]) => value ?? null),
  test_note: method([], () => void notes++),
  test_bytes: method([required('count', quantity)], ([count]) => 'x'.repeat(Number(count))),
  test_slow: method(
    [optional('filler', text)],
    (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  ),
  test_subscribe: method([], (_, { connection }) =>
    connection?.subscribe('test_subscription', (push) => {
      pushers.add(push)
      return () => void pushers.delete(push)
    }),
  ),
  test_unsubscribe: method([required('id', text)], ([id], { connection }) => connection?.unsubscribe(id)),
}

const LIMITS = {
  maxBodyBytes: 100_000,
  maxConnections: 64,
  maxInFlightPerSocket: 8,
  maxSubscriptionsPerSocket: 10,
  maxBacklogBytesPerSocket: MIB,
  maxUnsentBytes: 24 * MIB,
}
/** For the tests that wait for a time to be over: on a busy machine anything may take as long as these. */
const HASTY = {
  callTimeoutMs: 2_000,
  headersTimeoutMs: 300,
  requestTimeoutMs: 300,
  keepAliveTimeoutMs: 300,
  idleTimeoutMs: 500,
  pingIntervalMs: 200,
}

let server: TestServer
let hasty: TestServer
beforeAll(async () => {
  server = await startServer({ methods, limits: LIMITS })
  hasty = await startServer({ methods, limits: { ...LIMITS, ...HASTY } })
})
afterAll(() => Promise.all([server.close(), hasty.close()]))
afterEach(() => vi.useRealTimers())

const IDLE = {
  callsInFlight: 0,
  connections: 0,
  unsentBytes: 0,
  requestBytes: 0,
  webSockets: { connections: 0, subscriptions: 0, backlogBytes: 0 },
}

/** Nothing is left of what callers did, and the next one is served. */
async function backToNormal(at = server): Promise<void> {
  expect((await call(at, 'test_echo', ['here'])).result).toBe('here')
  const deadline = performance.now() + CLOSED_WITHIN_MS
  while (JSON.stringify(at.stats()) !== JSON.stringify(IDLE) && performance.now() < deadline) await giveWay()
  expect(at.stats()).toEqual(IDLE)
  expect(pushers.size).toBe(0)
  expect(at.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
}

/** A TCP connection that does what it is told; `closed` gives what it received. */
async function tcp(at = server): Promise<{ socket: Socket; closed: Promise<string> }> {
  const socket = connect({ port: at.port, host: '127.0.0.1', allowHalfOpen: true })
  let received = ''
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
  })
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('close', () => resolve(received))
  })
  await new Promise((resolve) => socket.once('connect', resolve))
  return { socket, closed }
}

async function exchange(pieces: readonly (string | Uint8Array)[], at = server): Promise<string> {
  const { socket, closed } = await tcp(at)
  for (const piece of pieces) socket.write(piece)
  return closed
}

const post1 = (headers: string, body = '') => `POST / HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n\r\n${body}`
const request = (id: number, name: string, params: unknown[] = []) =>
  JSON.stringify({ jsonrpc: '2.0', id, method: name, params })
const framed = (body: string) => post1(`content-length: ${body.length}`, body)

describe('HTTP', () => {
  test.each([
    ['nothing at all', []],
    ['half a request line', ['POST / HT']],
    ['half of the headers', ['POST / HTTP/1.1\r\nhost: localhost\r\ncontent-le']],
    ['half a body', [post1('content-length: 1000', '{"jsonrpc"')]],
    ['half a chunk', [post1('transfer-encoding: chunked', '1000\r\n{"jsonrpc"')]],
    ['a chunk without an end', [post1('transfer-encoding: chunked', '2\r\n{}\r\n')]],
    [
      'a packed body that stops',
      [post1('content-length: 1000\r\ncontent-encoding: gzip'), gzipSync('{}').subarray(0, 12)],
    ],
  ])('%s is waited for, and not for long', async (_, pieces) => {
    const answer = await exchange(pieces, hasty)
    expect(answer).toMatch(/^$|^HTTP\/1.1 (400|408) /)
    await backToNormal(hasty)
  })

  test.each([
    ['a broken chunk length', post1('transfer-encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n')],
    ['a negative length', post1('content-length: -5', '{}')],
    ['a length that is no number', post1('content-length: ten', '{}')],
    ['two lengths', post1('content-length: 2\r\ncontent-length: 3', '{}')],
    ['a length and chunks', post1('content-length: 2\r\ntransfer-encoding: chunked', '0\r\n\r\n')],
    ['a header without a name', post1(': x', '')],
    ['a zero byte in a header', post1('x: \0', '')],
    ['headers without end', post1(`x: ${'y'.repeat(200_000)}`)],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['no host', 'POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}'],
    ['an absolute host of somebody else', 'POST http://evil.example/ HTTP/1.1\r\nhost: evil.example\r\n\r\n'],
  ])('%s is refused and the connection closed', async (_, bytes) => {
    expect(await exchange([bytes])).toMatch(/^HTTP\/1.1 (400|403|431) /)
    await backToNormal()
  })

  test('a half-closed connection gets its answer', async () => {
    const { socket, closed } = await tcp()
    socket.end(framed(request(1, 'test_echo', ['half'])))
    expect(await closed).toContain('"result":"half"')
    await backToNormal()
  })

  test('pipelined requests are answered in order, garbage behind them ends the connection', async () => {
    const all = Array.from({ length: 200 }, (_, id) => framed(request(id, 'test_echo', [`${id}`]))).join('')
    const answer = await exchange([`${all}\x00\x01garbage\r\n\r\n`])
    const ids = [...answer.matchAll(/"id":(\d+),"result"/g)].map(([, id]) => Number(id))
    // Garbage cuts the connection when it is read, which may be before the last answers are out.
    expect(ids.length).toBeGreaterThan(150)
    expect(ids).toEqual(ids.map((_, id) => id))
    expect(answer).toMatch(/HTTP\/1.1 400 /)
    await backToNormal()
  })

  test('a caller that goes away stops its calls', async () => {
    const { socket, closed } = await tcp()
    for (let id = 0; id < 50; id++) socket.write(framed(request(id, 'test_slow')))
    while (server.stats().callsInFlight === 0) await giveWay()
    socket.destroy()
    await closed
    await backToNormal()
  })

  test('a reader that takes nothing is cut, and while it waits others are served', async () => {
    const { socket, closed } = await tcp(hasty)
    socket.pause()
    socket.write(framed(request(1, 'test_bytes', ['0xf42400'])))
    while (hasty.stats().unsentBytes === 0) await giveWay()
    expect((await call(hasty, 'test_echo', ['meanwhile'])).result).toBe('meanwhile')
    while (hasty.stats().unsentBytes > 0) await giveWay()
    socket.resume()
    expect((await closed).length).toBeLessThan(16_000_000)
    await backToNormal(hasty)
  })

  test('slow readers together cannot fill the memory', async () => {
    const readers = await Promise.all([tcp(), tcp(), tcp(), tcp()])
    for (const { socket } of readers) {
      socket.pause()
      socket.write(framed(request(1, 'test_bytes', ['0x989680'])))
    }
    while (server.stats().unsentBytes < 20_000_000) await giveWay()
    const refused = await http(server, { body: request(1, 'test_bytes', ['0x989680']) })
    expect(refused.status).toBe(503)
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: -32005, data: { limit: 24 * MIB } } })
    for (const { socket } of readers) socket.destroy()
    await backToNormal()
  })

  test('more connections than allowed are dropped', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, tcp))
    expect(server.stats().connections).toBeLessThanOrEqual(64)
    for (const { socket } of sockets) socket.destroy()
    await Promise.all(sockets.map(({ closed }) => closed))
    await backToNormal()
  })
})

describe('WebSocket', () => {
  const HANDSHAKE =
    'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  const masked = (opcode: number, length: number[], payload: number[] = []) =>
    Buffer.from([opcode, ...length, 0, 0, 0, 0, ...payload])

  test.each([
    ['a frame that is not masked', Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
    ['a reserved opcode', masked(0x83, [0x80])],
    ['reserved bits', masked(0xf1, [0x80])],
    ['a continuation of nothing', masked(0x80, [0x80])],
    ['a fragmented ping', masked(0x09, [0x80])],
    ['a long ping', masked(0x89, [0xfe, 0x01, 0x00], new Array(256).fill(0))],
    ['a length of 2^63', masked(0x81, [0xff, 0x80, 0, 0, 0, 0, 0, 0, 0])],
    ['a length over the limit', masked(0x81, [0xff, 0, 0, 0, 0, 0x40, 0, 0, 0])],
    ['text that is not UTF-8', masked(0x81, [0x82], [0xff, 0xfe])],
    ['a close frame of one byte', masked(0x88, [0x81], [0x03])],
  ])('%s closes the connection', async (_, frame) => {
    expect(await exchange([HANDSHAKE, frame])).toMatch(/^HTTP\/1.1 101 /)
    await backToNormal()
  })

  test.each([
    ['no key', HANDSHAKE.replace(/sec-websocket-key[^\r]*\r\n/, '')],
    ['an old version', HANDSHAKE.replace('version: 13', 'version: 7')],
    ['another protocol', HANDSHAKE.replace('upgrade: websocket', 'upgrade: h2c')],
  ])('an upgrade with %s is refused', async (_, handshake) => {
    expect(await exchange([handshake])).toMatch(/^HTTP\/1.1 4\d\d /)
    await backToNormal()
  })

  test('fragments that add up to more than a message may have close the connection', async () => {
    const socket = await openSocket(server)
    for (let part = 0; part < 30; part++) socket.socket.send('x'.repeat(10_000), { fin: false })
    expect(await socket.closed).toBe(1009)
    await backToNormal()
  })

  test('a peer that answers no ping is gone', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${hasty.port}`, { autoPong: false })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.once('open', resolve))
    expect(await closed).toBe(1006)
    await backToNormal(hasty)
  })

  test('calls that keep a connection busy do not make it look dead', async () => {
    const socket = await openSocket(hasty)
    for (let id = 0; id < 8; id++) socket.send(request(id, 'test_slow'))
    const codes = new Set<unknown>()
    for (let id = 0; id < 8; id++) codes.add((await socket.next()).error?.code)
    expect([...codes]).toEqual([-32002])
    socket.close()
    await socket.closed
    await backToNormal(hasty)
  })

  test('subscriptions over the limit are -32005, and all end with the connection', async () => {
    const socket = await openSocket(server)
    socket.send(JSON.stringify(Array.from({ length: 50 }, (_, id) => JSON.parse(request(id, 'test_subscribe')))))
    const answers = (await socket.next()) as unknown as { error?: { code: number; data: unknown } }[]
    const refused = answers.filter(({ error }) => error !== undefined)
    expect(refused).toHaveLength(40)
    expect(refused[0]?.error).toMatchObject({ code: -32005, data: { limit: 10 } })
    expect(server.stats().webSockets).toMatchObject({ connections: 1, subscriptions: 10 })
    socket.socket.terminate()
    await socket.closed
    await backToNormal()
  })

  test('unsubscribing while pushes arrive: none follows the answer', async () => {
    const socket = await openSocket(server)
    socket.send(request(1, 'test_subscribe'))
    const { result: id } = await socket.next()
    const [push] = pushers
    const flood = setInterval(() => push?.('more'), 0)
    socket.send(request(2, 'test_unsubscribe', [id]))
    for (;;) {
      const message = await socket.next()
      if (message.id === 2) break
    }
    push?.('late')
    socket.send(request(3, 'test_echo', ['next']))
    expect(await socket.next()).toMatchObject({ id: 3, result: 'next' })
    clearInterval(flood)
    socket.close()
    await socket.closed
    await backToNormal()
  })

  test('a subscriber that does not read is closed, with a line in the log', async () => {
    const socket = await openSocket(server)
    socket.send(request(1, 'test_subscribe'))
    await socket.next()
    socket.socket.pause()
    const [push] = pushers
    while (pushers.size > 0) {
      push?.('x'.repeat(100_000))
      await giveWay()
    }
    socket.socket.resume()
    expect([1006, 1008]).toContain(await socket.closed)
    const line = server.logger.lines.find(({ event }) => event === 'closed a WebSocket whose peer does not read')
    expect(line).toMatchObject({ level: 'warn', fields: { limit: MIB } })
    await backToNormal()
  })

  test('a caller that does not read its answers is not asked for more, and ends', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const checked = await startServer({ methods, limits: { ...LIMITS, pingIntervalMs: 200 } })
    const socket = await openSocket(checked)
    const before = notes
    socket.socket.pause()
    for (let id = 0; id < 40; id++) socket.send(request(id, 'test_bytes', ['0x989680']))
    for (let id = 0; id < 40; id++) socket.send(request(id, 'test_note'))
    while (checked.stats().webSockets.backlogBytes === 0) await giveWay()
    while (checked.stats().webSockets.connections > 0) {
      vi.advanceTimersByTime(200)
      await giveWay()
    }
    socket.socket.resume()
    expect([1006, 1008]).toContain(await socket.closed)
    expect(notes).toBe(before)
    await backToNormal(checked)
    await checked.close()
  })

  test('closing the server tells its peers', async () => {
    const other = await startServer({ methods })
    const socket = await openSocket(other)
    await other.close()
    expect(await socket.closed).toBe(1001)
  })
})

describe('memory that all callers share', () => {
  const big = (id: number, bytes: number) => framed(request(id, 'test_slow', ['x'.repeat(bytes)]))

  test('bodies behind calls that do not end stay in the socket', async () => {
    const patient = await startServer({ methods, limits: { maxInFlightPerSocket: 4, callTimeoutMs: 60_000 } })
    const socket = connect({ port: patient.port, host: '127.0.0.1' })
    socket.on('error', () => {})
    for (let id = 0; id < 4; id++) socket.write(framed(request(id, 'test_slow')))
    while (patient.stats().callsInFlight < 4) await giveWay()
    const body = big(9, 4 * MIB)
    for (let sent = 0; sent < 20; sent++) socket.write(body)
    for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(socket.writableLength).toBeGreaterThan(40 * MIB)
    expect(patient.stats().requestBytes).toBeLessThan(1_000)
    socket.destroy()
    await patient.close()
  })

  test('bodies over the limit are 503 and -32005, small ones are still served, and the room comes back', async () => {
    const narrow = await startServer({ methods, limits: { maxRequestBytes: MIB, callTimeoutMs: 60_000 } })
    const holders = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const socket = connect({ port: narrow.port, host: '127.0.0.1' })
        socket.on('error', () => {})
        socket.write(big(1, 300_000))
        return socket
      }),
    )
    while (narrow.stats().requestBytes < 900_000) await giveWay()
    const refused = await http(narrow, { body: request(1, 'test_echo', ['x'.repeat(300_000)]) })
    expect(refused.status).toBe(503)
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: -32005, data: { limit: MIB } } })
    const socket = await openSocket(narrow)
    socket.send(request(1, 'test_echo', ['x'.repeat(300_000)]))
    expect(await socket.next()).toMatchObject({ id: null, error: { code: -32005, data: { limit: MIB } } })
    socket.send(request(2, 'test_echo', ['small']))
    expect(await socket.next()).toMatchObject({ id: 2, result: 'small' })
    expect((await call(narrow, 'test_echo', ['small'])).result).toBe('small')
    for (const holder of holders) holder.destroy()
    while (narrow.stats().requestBytes > 0) await giveWay()
    expect((await call(narrow, 'test_echo', ['x'.repeat(300_000)])).result).toHaveLength(300_000)
    socket.close()
    await narrow.close()
  })

  test('messages that wait on a WebSocket count until they are answered or their sender is gone', async () => {
    const narrow = await startServer({ methods, limits: { maxInFlightPerSocket: 1, callTimeoutMs: 60_000 } })
    const socket = await openSocket(narrow)
    for (let id = 0; id < 3; id++) socket.send(request(id, 'test_slow', ['x'.repeat(20_000)]))
    while (narrow.stats().requestBytes < 60_000) await giveWay()
    socket.socket.terminate()
    while (narrow.stats().requestBytes > 0) await giveWay()
    await narrow.close()
  })

  test('WebSockets that do not read share the bound of all answers: the slowest is cut', async () => {
    const narrow = await startServer({
      methods,
      limits: { maxUnsentBytes: 24 * MIB, maxBacklogBytesPerSocket: 64 * MIB },
    })
    const idle = await openSocket(narrow)
    for (const bytes of [16 * MIB, 40 * MIB]) {
      const slow = await openSocket(narrow)
      slow.socket.pause()
      slow.send(request(1, 'test_bytes', [`0x${bytes.toString(16)}`]))
      if (bytes === 16 * MIB) {
        while (narrow.stats().webSockets.backlogBytes < MIB) await giveWay()
        const whole = `0x${(24 * MIB - 256).toString(16)}`
        expect((await http(narrow, { body: request(1, 'test_bytes', [whole]) })).status).toBe(200)
      }
      while (narrow.stats().webSockets.connections > 1) await giveWay()
      slow.socket.resume()
      expect(await slow.closed).toBe(1006)
    }
    const lines = narrow.logger.lines.filter(({ event }) => event.startsWith('cut the slowest WebSocket'))
    expect(lines).toMatchObject([{ level: 'warn', fields: { limit: 24 * MIB } }, { level: 'warn' }])
    idle.send(request(2, 'test_echo', ['still here']))
    expect(await idle.next()).toMatchObject({ result: 'still here' })
    idle.close()
    await narrow.close()
  })
})

test('after all this a batch of everything is answered', async () => {
  const batch = Array.from({ length: 100 }, (_, id) => JSON.parse(request(id, 'test_echo', [`${id}`])))
  expect(await post(server, batch)).toHaveLength(100)
  await backToNormal()
})
