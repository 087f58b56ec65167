import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { controlPolicy, FOLLOWER, OPERATOR_ONLY } from '../../bin/settings.ts'
import type { ControlPolicy } from '../../rpc/control.ts'
import { rollupMethod } from '../../rpc/rollup/method.ts'
import { startTestDevnet } from '../e2e/devnet.ts'
import { type Answer, call, http, openSocket, startServer, type TestServer } from './support.ts'

const TOKEN = 'a-token-of-many-letters'

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const isControl = true
const doc = { params: [], result: z.string() } as const
let calls = 0
const methods = {
  rollup_look: rollupMethod({ summary: 'Looks.', ...doc }, () => 'seen'),
  rollup_change: rollupMethod({ summary: 'Changes.', ...doc, isControl }, () => `changed ${++calls}`),
}

async function start(control?: ControlPolicy): Promise<TestServer> {
  calls = 0
  server = await startServer({ methods, ...(control === undefined ? {} : { control }) })
  return server
}

const request = (method: string, id = 1) => ({ jsonrpc: '2.0', id, method, params: [] })

async function ask<T = Answer>(of: TestServer, body: unknown, authorization?: string): Promise<T> {
  const headers = authorization === undefined ? {} : { authorization }
  return JSON.parse((await http(of, { headers, body: JSON.stringify(body) })).body) as T
}

describe('methods that change what a node does', () => {
  test('are for nobody unless the server is told otherwise', async () => {
    const of = await start()
    expect(await call(of, 'rollup_look')).toMatchObject({ result: 'seen' })
    expect(await call(of, 'rollup_change')).toMatchObject({ error: { code: -32004 } })
    expect(calls).toBe(0)
  })

  test('are for everybody where the policy is open', async () => {
    const of = await start({ open: true })
    expect(await call(of, 'rollup_change')).toMatchObject({ result: 'changed 1' })
  })

  test('say on a node without a token how to turn them on', async () => {
    const of = await start(controlPolicy(undefined, OPERATOR_ONLY))
    const { error } = await ask(of, request('rollup_change'), `Bearer ${TOKEN}`)
    expect(error).toMatchObject({ code: -32004, message: expect.stringMatching(/^rollup_change: .*--control-token/) })
    expect(await call(of, 'rollup_look')).toMatchObject({ result: 'seen' })
  })

  test('send whoever asks a follower to its sequencer, not to a token', async () => {
    const of = await start(FOLLOWER)
    const { error } = await ask(of, request('rollup_change'))
    expect(error).toMatchObject({ code: -32004, message: expect.stringContaining('ask its sequencer') })
    expect(error?.message).not.toContain('token')
  })

  test('need the token over HTTP, each in a batch too', async () => {
    const of = await start(controlPolicy(TOKEN, OPERATOR_ONLY))
    const refusals: [string, string | undefined][] = [
      ['has none', undefined],
      ['has another scheme', `Basic ${TOKEN}`],
      ['has another scheme', TOKEN],
      ['has another scheme', `Bearer ${TOKEN} ${TOKEN}`],
      ['has another scheme', 'Bearer '],
      ['has a wrong token', `Bearer ${TOKEN}x`],
      ['has a wrong token', `Bearer ${TOKEN.slice(1)}`],
      ['has a wrong token', `Bearer ${TOKEN.toUpperCase()}`],
    ]
    for (const [reason, authorization] of refusals) {
      const { error } = await ask(of, request('rollup_change'), authorization)
      expect([authorization, error?.code, error?.message.endsWith(reason)]).toEqual([authorization, -32011, true])
    }
    expect(await ask(of, request('rollup_look'), 'Bearer wrong')).toMatchObject({ result: 'seen' })
    expect(calls).toBe(0)
    const both = [request('rollup_look', 1), request('rollup_change', 2)]
    expect(await ask(of, both)).toMatchObject([{ result: 'seen' }, { error: { code: -32011 } }])
    expect(await ask(of, both, `Bearer ${TOKEN}`)).toMatchObject([{ result: 'seen' }, { result: 'changed 1' }])
    expect(await ask(of, request('rollup_change'), `bearer  ${TOKEN}`)).toMatchObject({ result: 'changed 2' })
    const notification = JSON.stringify({ jsonrpc: '2.0', method: 'rollup_change' })
    expect(await http(of, { body: notification })).toMatchObject({ status: 204 })
    expect(calls).toBe(2)
  })

  test('need it on the upgrade of a WebSocket', async () => {
    const of = await start(controlPolicy(TOKEN, OPERATOR_ONLY))
    for (const [headers, expected] of [
      [{}, { error: { code: -32011 } }],
      [{ authorization: 'Bearer something-else' }, { error: { code: -32011 } }],
      [{ authorization: `Bearer ${TOKEN}` }, { result: 'changed 1' }],
    ] as const) {
      const socket = await openSocket(of, headers)
      socket.send(request('rollup_change'))
      expect(await socket.next()).toMatchObject(expected)
      socket.close()
    }
  })

  test('leave no token in the log, not even a wrong one', async () => {
    const of = await start(controlPolicy(TOKEN, OPERATOR_ONLY))
    await ask(of, request('rollup_change'), `Bearer ${TOKEN}`)
    await ask(of, request('rollup_change'), 'Bearer nearly-the-token')
    expect(of.logger.lines.length).toBeGreaterThan(0)
    expect(JSON.stringify(of.logger.lines)).not.toMatch(/nearly-the-token|of-many-letters/)
  })
})

test('a devnet asks for the token that it was given, on the ports of all its chains', async () => {
  const devnet = await startTestDevnet({ options: { 'control-token': TOKEN } })
  try {
    for (const url of [devnet.l1Url, devnet.l2Url]) {
      const change = async (headers: Record<string, string>) => {
        const body = JSON.stringify(request('rollup_pauseSettlement'))
        return (await (await fetch(url, { method: 'POST', headers, body })).json()) as Answer
      }
      expect(await change({})).toMatchObject({ error: { code: -32011 } })
      expect(await change({ authorization: `Bearer ${TOKEN}` })).toMatchObject({ result: expect.any(Boolean) })
    }
  } finally {
    await devnet.close()
  }
})
