import { deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TransactionRejected } from '../../execution/errors.ts'
import { ChainError } from '../../node/errors.ts'
import { giveWay } from '../../node/eventLoop.ts'
import { address, quantity } from '../../rpc/codec.ts'
import { bool, method, optional, required, text } from '../../rpc/params.ts'
import { createJsonCache } from '../../rpc/preparedJson.ts'
import { revertError } from '../../rpc/revertReason.ts'
import { createRpcServer } from '../../rpc/server.ts'
import type { MethodTable } from '../../rpc/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { call, http, openSocket, post, rawExchange, rawHttp, startServer, type TestServer } from './support.ts'

const seen: string[] = []
const aborted: Promise<void>[] = []

const rows = createJsonCache(1_000_000)

const methods: MethodTable = {
  test_echo: method([optional('value', text)], ([value]) => value ?? null),
  test_balance: method([required('address', address), optional('amount', quantity)], ([who]) => who.length),
  test_note: method([required('text', text)], ([note]) => void seen.push(note)),
  test_flag: method([required('flag', bool)], ([flag]) => flag),
  test_throws: method([], () => {
    throw new TypeError('secret detail')
  }),
  test_rejects: method([], () => Promise.reject(new Error('secret detail'))),
  test_bigint: method([], () => ({ amount: 1n })),
  test_undefined: method([], () => undefined),
  test_rejected: method([], () => {
    throw new TransactionRejected('NONCE_TOO_LOW', 'nonce too low: tx 3, state 5', { tx: 3 })
  }),
  test_pruned: method([], () => {
    throw new ChainError('STATE_UNAVAILABLE', 'no state for 0x00')
  }),
  test_reverted: method([], () => {
    throw revertError(
      hexToBytes(
        '0x08c379a000000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000002686900000000000000000000000000000000000000000000000000000000000000'.replace(
          '0x',
          '',
        ),
      ),
    )
  }),
  test_hangs: method([], (_, { signal }) => {
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    aborted.push(stopped)
    return new Promise(() => {})
  }),
  test_prepared: method([], () =>
    rows.get('rows', () => Array.from({ length: 1_000 }, () => ({ text: 'x'.repeat(100) }))),
  ),
  test_rows: method([required('count', quantity)], ([count]) =>
    Array.from({ length: Number(count) }, (_, row) => ({ row, text: 'x'.repeat(100), absent: undefined })),
  ),
  test_subscribe: method([], (_, { connection }) =>
    connection?.subscribe('test_subscription', (push) => {
      push('first')
      push('second')
      return () => void seen.push('stopped')
    }),
  ),
  test_unsubscribe: method([required('id', text)], ([id], { connection }) => connection?.unsubscribe(id)),
}

let server: TestServer
let wide: TestServer
beforeAll(async () => {
  server = await startServer({
    methods,
    cors: ['https://dapp.example'],
    allowedHosts: ['node.internal'],
    limits: { maxBodyBytes: 20_000, maxBatch: 5, callTimeoutMs: 200, requestTimeoutMs: 300, headersTimeoutMs: 300 },
  })
})
beforeAll(async () => {
  wide = await startServer({ methods })
})
afterAll(() => Promise.all([server.close(), wide.close()]))

describe('JSON-RPC over HTTP', () => {
  test('answers with the id that it was given', async () => {
    for (const id of [1, 'abc', 0, -1.5, '']) {
      expect(await post(server, { jsonrpc: '2.0', id, method: 'test_echo', params: ['hi'] })).toEqual({
        jsonrpc: '2.0',
        id,
        result: 'hi',
      })
    }
  })

  test.each([
    ['9007199254740993', 'test_echo', '9007199254740993'],
    ['-9007199254740993', 'test_nothing', '-9007199254740993'],
    ['18446744073709551615', 'test_echo', '18446744073709551615'],
    ['1e20', 'test_echo', '100000000000000000000'],
  ])('the id %s loses no digits in the answer of %s', async (written, method, id) => {
    const body = `{"jsonrpc":"2.0","method":"${method}","params":[{"id":3},"\\"id\\":4"],"id" : ${written} }`
    expect((await http(server, { body })).body).toContain(`"id":${id},`)
  })

  test('id null is a request, not a notification', async () => {
    expect(await post(server, { jsonrpc: '2.0', id: null, method: 'test_echo' })).toEqual({
      jsonrpc: '2.0',
      id: null,
      result: null,
    })
  })

  test('missing or null params are an empty list, an undefined result is null', async () => {
    expect(await post(server, { jsonrpc: '2.0', id: 1, method: 'test_undefined' })).toMatchObject({ result: null })
    expect(await post(server, { jsonrpc: '2.0', id: 1, method: 'test_echo', params: null })).toMatchObject({
      result: null,
    })
  })

  test.each(['{', '', '[1,', '{"jsonrpc":"2.0",}', '\u0000', 'hello'])('bad JSON %j is -32700', async (body) => {
    expect(await post(server, body)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32700 } })
  })

  test('bytes that are not UTF-8 are -32700', async () => {
    const body = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ])
    expect(JSON.parse((await http(server, { body })).body)).toMatchObject({ error: { code: -32700 } })
  })

  test.each([
    [1, null],
    ['"x"', null],
    [null, null],
    [{ id: 7, method: 'test_echo' }, 7],
    [{ jsonrpc: '1.0', id: 7, method: 'test_echo' }, 7],
    [{ jsonrpc: '2.0', id: 7 }, 7],
    [{ jsonrpc: '2.0', id: 7, method: 5 }, 7],
    [{ jsonrpc: '2.0', id: {}, method: 'test_echo' }, null],
    [{ jsonrpc: '2.0', id: true, method: 'test_echo' }, null],
    [[], null],
  ])('%j is -32600', async (body, id) => {
    expect(await post(server, body)).toMatchObject({ id, error: { code: -32600 } })
  })

  test('an unknown method is -32601 and names the nearest one', async () => {
    const { error } = await call(server, 'test_balnce')
    expect(error).toMatchObject({ code: -32601 })
    expect(error?.message).toContain('test_balnce does not exist')
    expect(error?.message).toContain('did you mean test_balance?')
    expect((await call(server, 'something_else_entirely')).error?.message).not.toContain('did you mean')
    for (const name of ['toString', '__proto__', 'constructor', 'x'.repeat(5_000)]) {
      expect((await call(server, name)).error).toMatchObject({ code: -32601 })
    }
  })

  test('bad parameters are -32602 and name the parameter', async () => {
    const cases: [unknown, string][] = [
      [[], 'missing value for required argument 0 (address)'],
      [[null], 'missing value for required argument 0 (address)'],
      [['0x1'], 'argument 0 (address): hex string of odd length'],
      [['0x11'], 'argument 0 (address): expected an address of 20 bytes, got 1 bytes'],
      [[`0x${'zz'.repeat(20)}`], 'argument 0 (address): invalid hex string'],
      [['11'.repeat(20)], 'argument 0 (address): hex string without 0x prefix'],
      [[5], 'argument 0 (address): expected a hex string, got 5'],
      [[`0x${'11'.repeat(20)}`, '0x01'], 'argument 1 (amount): hex number with leading zero digits'],
      [[`0x${'11'.repeat(20)}`, '0x'], 'argument 1 (amount): hex string "0x" is not a number'],
      [[`0x${'11'.repeat(20)}`, `0x1${'0'.repeat(64)}`], 'argument 1 (amount): hex number > 256 bits'],
      [[`0x${'11'.repeat(20)}`, '0x1', 3], 'too many arguments, want at most 2, got 3'],
      [{ address: '0x' }, 'expected an array of positional values'],
    ]
    for (const [params, message] of cases) {
      const { error } = await call(server, 'test_balance', params)
      expect(error?.code).toBe(-32602)
      expect(error?.message).toContain(message)
    }
  })

  test('expected failures keep their words and get their number', async () => {
    expect((await call(server, 'test_rejected')).error).toEqual({
      code: -32000,
      message: 'nonce too low: tx 3, state 5',
    })
    expect((await call(server, 'test_pruned')).error).toEqual({ code: -32001, message: 'no state for 0x00' })
    expect((await call(server, 'test_reverted')).error).toMatchObject({ code: 3, message: 'execution reverted: hi' })
  })

  test.each(['test_throws', 'test_rejects', 'test_bigint'])(
    '%s is -32603, with the stack in the log only',
    async (name) => {
      const before = server.logger.lines.length
      expect((await call(server, name)).error).toEqual({ code: -32603, message: 'internal error' })
      const [line] = server.logger.lines.slice(before)
      expect(line).toMatchObject({ level: 'error', fields: { method: name } })
      expect(String(line?.fields.stack)).toContain('Error')
      expect(line?.fields.requestId).toMatch(/^\d+$/)
    },
  )

  test('a call that takes too long is ended and told to stop', async () => {
    expect((await call(server, 'test_hangs')).error).toMatchObject({ code: -32002 })
    await Promise.all(aborted)
  })
})

describe('batches and notifications', () => {
  test('answers stand in the order of the requests, errors in their places', async () => {
    const answers = await post(server, [
      { jsonrpc: '2.0', id: 3, method: 'test_echo', params: ['a'] },
      { jsonrpc: '2.0', id: 1, method: 'nope' },
      7,
      { jsonrpc: '2.0', id: 2, method: 'test_echo', params: ['b'] },
      [],
    ])
    expect(answers).toMatchObject([
      { id: 3, result: 'a' },
      { id: 1, error: { code: -32601 } },
      { id: null, error: { code: -32600 } },
      { id: 2, result: 'b' },
      { id: null, error: { code: -32600 } },
    ])
  })

  test('notifications run without an answer, even when they fail', async () => {
    const single = await http(server, {
      body: JSON.stringify({ jsonrpc: '2.0', method: 'test_note', params: ['one'] }),
    })
    expect(single).toMatchObject({ status: 204, body: '' })
    expect(seen).toContain('one')
    const failing = await http(server, { body: JSON.stringify({ jsonrpc: '2.0', method: 'nope', params: {} }) })
    expect(failing).toMatchObject({ status: 204, body: '' })
    const batch = await post(server, [
      { jsonrpc: '2.0', method: 'test_note', params: ['two'] },
      { jsonrpc: '2.0', id: 9, method: 'test_echo', params: ['x'] },
    ])
    expect(batch).toEqual([{ jsonrpc: '2.0', id: 9, result: 'x' }])
    expect(seen).toContain('two')
    const silent = await http(server, {
      body: JSON.stringify([{ jsonrpc: '2.0', method: 'test_note', params: ['3'] }]),
    })
    expect(silent).toMatchObject({ status: 204, body: '' })
  })

  test('a batch over the limit is -32005 and runs nothing', async () => {
    const batch = Array.from({ length: 6 }, () => ({ jsonrpc: '2.0', method: 'test_note', params: ['never'] }))
    const { error } = await post(server, batch)
    expect(error).toMatchObject({ code: -32005, data: { limit: 5 } })
    expect(error?.message).toContain('at most 5')
    expect(seen).not.toContain('never')
  })

  test('the time of a batch is that of one call', async () => {
    const hang = (id: number) => ({ jsonrpc: '2.0', id, method: 'test_hangs' })
    expect(await post(server, [hang(1), hang(2), hang(3)])).toMatchObject([
      { id: 1, error: { code: -32002 } },
      { id: 2, error: { code: -32002 } },
      { id: 3, error: { code: -32002 } },
    ])
  })
})

describe('limits of the front', () => {
  test('a body over the limit is refused, by its length and by its bytes', async () => {
    const announced = await http(server, { body: 'x'.repeat(20_001) })
    expect(announced.status).toBe(413)
    expect(JSON.parse(announced.body)).toMatchObject({ error: { code: -32005 } })
    const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`
    const raw = await rawExchange(
      server,
      `POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(4)}0\r\n\r\n`,
    )
    expect(raw).toMatch(/^HTTP\/1.1 413 /)
    expect(await call(server, 'test_echo', ['still here'])).toMatchObject({ result: 'still here' })
  })

  test('deep nesting is refused before anything walks it', async () => {
    const deep = `{"jsonrpc":"2.0","id":1,"method":"test_echo","params":[${'['.repeat(5_000)}${']'.repeat(5_000)}]}`
    expect(await post(server, deep)).toMatchObject({ error: { code: -32600 } })
    const inString = { jsonrpc: '2.0', id: 1, method: 'test_echo', params: [`\\"${'['.repeat(100)}`] }
    expect(await post(server, inString)).toMatchObject({ result: inString.params[0] })
  })

  test('more values than any method takes are refused before anything is built from them', async () => {
    const withItems = (count: number) =>
      `{"jsonrpc":"2.0","id":1,"method":"test_echo","params":[[${Array(count).fill(1).join()}]]}`
    // jsonrpc, id and method stand before a comma as well.
    expect(await post(wide, withItems(131_072 - 3))).toMatchObject({ error: { code: -32602 } })
    expect(await post(wide, withItems(131_072 - 2))).toMatchObject({ error: { code: -32600 } })
    const inString = ','.repeat(131_073)
    expect(await call(wide, 'test_echo', [inString])).toMatchObject({ result: inString })
  })

  test('slow headers and slow bodies are closed', async () => {
    const [headers, body] = await Promise.all([
      rawExchange(server, 'POST / HTTP/1.1\r\nhost: localhost\r\n'),
      rawExchange(server, 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"jsonrpc"'),
    ])
    expect(headers).toMatch(/^HTTP\/1.1 408 /)
    expect(body).toMatch(/^(HTTP\/1.1 408 |$)/)
  })

  test('a large result arrives whole', async () => {
    const { result } = await call(server, 'test_rows', ['0x2710'])
    expect(result).toHaveLength(10_000)
    expect((result as unknown[])[9_999]).toEqual({ row: 9_999, text: 'x'.repeat(100) })
  })

  test('garbage instead of HTTP gives 400 and the server goes on', async () => {
    expect(await rawExchange(server, '\x00\x01\x02\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await call(server, 'test_echo', ['x'])).toMatchObject({ result: 'x' })
  })
})

describe('who may call', () => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'test_echo', params: ['x'] })

  test.each(['localhost', 'LOCALHOST:8545', '127.0.0.1:1', '[::1]:8545', '192.168.1.5:8545', 'node.internal:9545'])(
    'Host %s is allowed',
    async (host) => {
      expect((await http(server, { body, headers: { host } })).status).toBe(200)
    },
  )

  test.each([
    'evil.example',
    'evil.example:8545',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'node.internal@evil',
    'a:b:c',
  ])('Host %s is refused', async (host) => {
    expect((await http(server, { body, headers: { host } })).status).toBe(403)
    await expect(openSocket(server, { host })).rejects.toThrow('403')
  })

  test('an allowed origin gets CORS headers, a foreign one is refused', async () => {
    const allowed = await http(server, { body, headers: { origin: 'https://dapp.example' } })
    expect(allowed.status).toBe(200)
    expect(allowed.headers['access-control-allow-origin']).toBe('https://dapp.example')
    const foreign = await http(server, { body, headers: { origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined()
    await expect(openSocket(server, { origin: 'https://evil.example' })).rejects.toThrow('403')
  })

  test('preflight is answered', async () => {
    const answer = await http(server, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://dapp.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-custom',
        'access-control-request-private-network': 'true',
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://dapp.example',
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': 'content-type,x-custom',
      'access-control-allow-private-network': 'true',
    })
  })

  test('by default every origin may call', async () => {
    const open = await startServer({ methods })
    const answer = await http(open, { body, headers: { origin: 'https://any.example' } })
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    await open.close()
  })

  test('only POST to / is JSON-RPC', async () => {
    expect(await http(server, { method: 'DELETE' })).toMatchObject({ status: 405, headers: { allow: 'POST, OPTIONS' } })
    expect((await http(server, { method: 'GET', path: '/?query' })).status).toBe(405)
    expect((await http(server, { path: '/other', body })).status).toBe(404)
  })
})

describe('compression', () => {
  const ask = (rows: string, headers: Record<string, string>) =>
    rawHttp(server, {
      headers,
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'test_rows', params: [rows] }),
    })

  test.each(['gzip', 'br, gzip;q=0.5', '*', 'GZIP'])(
    'a long answer is packed for Accept-Encoding: %s',
    async (accept) => {
      const answer = await ask('0x3e8', { 'accept-encoding': accept })
      expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json' })
      expect(answer.headers.vary).toContain('accept-encoding')
      expect(answer.body.length).toBeLessThan(20_000)
      expect(JSON.parse(gunzipSync(answer.body).toString()).result).toHaveLength(1_000)
    },
  )

  test.each(['', 'identity', 'br', 'gzip;q=0', '*;q=0'])('but not for Accept-Encoding: %j', async (accept) => {
    const answer = await ask('0x3e8', { 'accept-encoding': accept })
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(JSON.parse(answer.body.toString()).result).toHaveLength(1_000)
  })

  test('a short answer is not packed, a very long one is packed on the way', async () => {
    expect((await ask('0x1', { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined()
    const long = await ask('0x8000', { 'accept-encoding': 'gzip' })
    expect(long.headers).toMatchObject({ 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' })
    expect(JSON.parse(gunzipSync(long.body).toString()).result).toHaveLength(0x8000)
  })

  test('a prepared result is put into every answer, packed or not', async () => {
    for (const id of [7, 'x'.repeat(70_000)]) {
      const request = { body: JSON.stringify({ jsonrpc: '2.0', id, method: 'test_prepared' }) }
      const plain = JSON.parse((await rawHttp(wide, request)).body.toString())
      expect(plain).toMatchObject({ jsonrpc: '2.0', id })
      expect(plain.result).toHaveLength(1_000)
      const packed = await rawHttp(wide, { ...request, headers: { 'accept-encoding': 'gzip' } })
      expect(packed.headers['content-encoding']).toBe('gzip')
      expect(JSON.parse(gunzipSync(packed.body).toString())).toEqual(plain)
    }
    const batch = [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'test_prepared' }))
    const answers = await post(wide, batch)
    expect(answers).toMatchObject([{ id: 1 }, { id: 2 }])
  })

  test('a packed request is unpacked, up to the limit for bodies', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'test_echo', params: ['packed'] })
    const send = (encoding: string, bytes: Uint8Array) =>
      http(server, { headers: { 'content-encoding': encoding }, body: bytes })
    expect(JSON.parse((await send('gzip', gzipSync(body))).body)).toMatchObject({ result: 'packed' })
    expect(JSON.parse((await send('deflate', deflateSync(body))).body)).toMatchObject({ result: 'packed' })
    expect(JSON.parse((await send('identity', Buffer.from(body))).body)).toMatchObject({ result: 'packed' })
    const bomb = await send('gzip', gzipSync(Buffer.alloc(10_000_000)))
    expect(bomb.status).toBe(413)
    expect(JSON.parse(bomb.body)).toMatchObject({ error: { code: -32005, data: { limit: 20_000 } } })
    const broken = await send('gzip', gzipSync(body).subarray(0, 20))
    expect(broken.status).toBe(400)
    expect(JSON.parse(broken.body)).toMatchObject({ error: { code: -32700 } })
    expect((await send('br', Buffer.from(body))).status).toBe(415)
  })
})

describe('health', () => {
  test('GET /health tells', async () => {
    expect(await http(server, { method: 'GET', path: '/health' })).toMatchObject({ status: 200, body: '{"ok":true}' })
    expect(await http(server, { method: 'HEAD', path: '/health' })).toMatchObject({ status: 200, body: '' })
    expect((await http(server, { path: '/health', body: '{}' })).status).toBe(405)
  })

  test('GET /ready and GET /metrics, where there are some', async () => {
    const page = async () => ({ contentType: 'text/plain', body: 'up 1' })
    const watched = await startServer({ methods, ready: () => ({ ok: false, reason: 'starting' }), metrics: page })
    const get = (path: string, headers = {}) => http(watched, { method: 'GET', path, headers })
    expect(await get('/ready')).toMatchObject({ status: 503, body: '{"ok":false,"reason":"starting"}' })
    expect(await get('/metrics')).toMatchObject({
      status: 200,
      body: 'up 1',
      headers: { 'content-type': 'text/plain' },
    })
    for (const path of ['/health', '/ready', '/metrics']) {
      expect((await get(path, { host: 'evil.example' })).status).toBe(403)
    }
    await watched.close()
    expect((await http(server, { method: 'GET', path: '/ready' })).status).toBe(200)
    expect((await http(server, { method: 'GET', path: '/metrics' })).status).toBe(404)
    expect((await http(server, { method: 'GET', path: '/constructor' })).status).toBe(404)
  })

  test('GET / tells that somebody is there', async () => {
    expect(await http(server, { method: 'GET' })).toMatchObject({ status: 200, body: '' })
  })

  test('503 when it is not well', async () => {
    const ill = await startServer({ methods, health: () => ({ ok: false, reason: 'no head' }) })
    const answer = await http(ill, { method: 'GET', path: '/health' })
    expect(answer).toMatchObject({ status: 503, body: '{"ok":false,"reason":"no head"}' })
    await ill.close()
  })
})

describe('listening', () => {
  test('a taken port is a typed error', async () => {
    const attempt = createRpcServer({ host: '127.0.0.1', port: server.port, methods, logger: server.logger })
    await expect(attempt).rejects.toMatchObject({ code: 'PORT_TAKEN', data: { port: server.port } })
  })

  test('an address that is not ours is a typed error', async () => {
    const attempt = createRpcServer({ host: '192.0.2.1', port: 0, methods, logger: server.logger })
    await expect(attempt).rejects.toMatchObject({ code: 'CANNOT_LISTEN' })
  })

  test('close ends open connections and frees the port', async () => {
    const first = await startServer({ methods })
    const socket = await openSocket(first)
    const hanging = http(first, { body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'test_hangs' }) })
    const outcome = expect(hanging).rejects.toThrow()
    const before = aborted.length
    while (aborted.length === before) await giveWay()
    await first.close()
    await outcome
    await socket.closed
    const second = await startServer({ methods, port: first.port })
    await second.close()
  })

  test('every call is a line in the debug log, without what was asked and answered', async () => {
    const before = server.logger.lines.length
    await call(server, 'test_echo', ['a secret'])
    await call(server, 'a_secret_name', ['a secret'])
    await call(server, 'test_rejected')
    const lines = server.logger.lines.slice(before)
    expect(lines.map(({ level, fields }) => [level, fields.method, fields.errorCode])).toEqual([
      ['debug', 'test_echo', undefined],
      ['debug', 'unknown', -32601],
      ['debug', 'test_rejected', -32000],
    ])
    for (const { fields } of lines) {
      expect(fields).toMatchObject({ requestId: expect.stringMatching(/^[0-9]+$/), ms: expect.any(Number) })
      expect(fields.bytes).toBeGreaterThan(30)
    }
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  test('every finished call is told to the observer', async () => {
    const calls: [string, number | undefined][] = []
    const observed = await startServer({
      methods,
      onCall: ({ method: name, errorCode }) => void calls.push([name, errorCode]),
    })
    await call(observed, 'test_echo')
    await call(observed, 'made_up')
    await call(observed, 'test_rejected')
    expect(calls).toEqual([
      ['test_echo', undefined],
      ['unknown', -32601],
      ['test_rejected', -32000],
    ])
    await observed.close()
  })
})

describe('WebSocket', () => {
  test('requests, batches and garbage', async () => {
    const socket = await openSocket(server)
    socket.send({ jsonrpc: '2.0', id: 1, method: 'test_echo', params: ['ws'] })
    expect(await socket.next()).toEqual({ jsonrpc: '2.0', id: 1, result: 'ws' })
    socket.send([{ jsonrpc: '2.0', id: 2, method: 'test_echo', params: ['ws'] }])
    expect(await socket.next()).toEqual([{ jsonrpc: '2.0', id: 2, result: 'ws' }])
    socket.send('garbage')
    expect(await socket.next()).toMatchObject({ id: null, error: { code: -32700 } })
    socket.send({ jsonrpc: '2.0', id: 3, method: 'test_throws' })
    expect(await socket.next()).toMatchObject({ id: 3, error: { code: -32603 } })
    socket.close()
    await socket.closed
  })

  test('pushes come after the answer that names the subscription', async () => {
    const socket = await openSocket(server)
    socket.send({ jsonrpc: '2.0', id: 1, method: 'test_subscribe' })
    const { result: subscription } = await socket.next()
    expect(subscription).toMatch(/^0x[0-9a-f]{32}$/)
    expect(await socket.next()).toEqual({
      jsonrpc: '2.0',
      method: 'test_subscription',
      params: { subscription, result: 'first' },
    })
    expect(await socket.next()).toMatchObject({ params: { subscription, result: 'second' } })
    socket.send({ jsonrpc: '2.0', id: 2, method: 'test_unsubscribe', params: [subscription] })
    expect(await socket.next()).toMatchObject({ id: 2, result: true })
    socket.send({ jsonrpc: '2.0', id: 3, method: 'test_unsubscribe', params: [subscription] })
    expect(await socket.next()).toMatchObject({ id: 3, result: false })
    socket.close()
    await socket.closed
  })

  test('an oversized message closes this connection only', async () => {
    const [large, other] = await Promise.all([openSocket(server), openSocket(server)])
    large.send('x'.repeat(30_000))
    expect(await large.closed).toBe(1009)
    other.send({ jsonrpc: '2.0', id: 1, method: 'test_echo', params: ['fine'] })
    expect(await other.next()).toMatchObject({ result: 'fine' })
    other.close()
    await other.closed
  })

  test('broken frames close this connection only', async () => {
    const handshake =
      'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    const answer = await rawExchange(server, `${handshake}\xff\xff\xff\xff\xff\xff`)
    expect(answer).toContain('101 Switching Protocols')
    expect(await call(server, 'test_echo', ['fine'])).toMatchObject({ result: 'fine' })
  })

  test('closing stops the subscriptions', async () => {
    const socket = await openSocket(server)
    socket.send({ jsonrpc: '2.0', id: 1, method: 'test_subscribe' })
    await socket.next()
    const before = seen.filter((note) => note === 'stopped').length
    socket.close()
    await socket.closed
    while (seen.filter((note) => note === 'stopped').length === before) await giveWay()
  })

  test('more requests than may be in flight wait and are all answered', async () => {
    const narrow = await startServer({ methods, limits: { maxInFlightPerSocket: 2 } })
    const socket = await openSocket(narrow)
    for (let id = 0; id < 50; id++) socket.send({ jsonrpc: '2.0', id, method: 'test_echo', params: [`${id}`] })
    const answers = new Set<unknown>()
    for (let i = 0; i < 50; i++) answers.add((await socket.next()).id)
    expect(answers.size).toBe(50)
    socket.close()
    await narrow.close()
  })
})
