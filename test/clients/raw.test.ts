import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { type Check, runEverywhere, type Scene } from './scenes.ts'

type Answer = { id?: unknown; result?: unknown; error?: { code: number; message: string; data?: unknown } }
type Tools = Scene & {
  /** any text as one message; the answer parsed */
  say(text: string): Promise<Answer | Answer[]>
  ask(method: string, params?: unknown): Promise<Answer>
  close(): void
}

const [ACCOUNT] = DEV_ADDRESSES
const NOBODY = `0x${'00'.repeat(31)}01`

function overHttp(url: string) {
  const say = async (body: string) => (await fetch(url, { method: 'POST', body, headers })).json() as Promise<Answer>
  const headers = { 'content-type': 'application/json' }
  return { say, close: () => undefined }
}

async function overSocket(url: string) {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const say = (text: string) =>
    new Promise<Answer>((resolve) => {
      socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()) as Answer))
      socket.send(text)
    })
  return { say, close: () => socket.close() }
}

const request = (method: string, params: unknown = [], id: unknown = 1) => ({ jsonrpc: '2.0', id, method, params })

async function open(scene: Scene): Promise<Tools> {
  const { say, close } = scene.transport === 'WebSocket' ? await overSocket(scene.wsUrl) : overHttp(scene.httpUrl)
  const ask = async (method: string, params?: unknown): Promise<Answer> => {
    if (scene.transport !== 'HTTP batch') return say(JSON.stringify(request(method, params)))
    const answers = (await say(JSON.stringify([request(method, params, 7)]))) as unknown as Answer[]
    expect(answers).toMatchObject([{ id: 7 }])
    return answers[0] ?? {}
  }
  return { ...scene, say, ask, close }
}

const head = async ({ ask }: Tools) => Number((await ask('eth_blockNumber')).result)
const hex = (value: number) => `0x${value.toString(16)}`

/** What is refused, with which number, and what the message must name. */
const refusals: readonly [name: string, method: string, params: unknown, code: number, words: RegExp][] = [
  ['an unknown method', 'eth_getBalanse', [], -32601, /did you mean eth_getBalance\?/],
  ['a short address', 'eth_getBalance', ['0x12', 'latest'], -32602, /argument 0 \(address\)/],
  ['an address without 0x', 'eth_getBalance', [ACCOUNT.slice(2), 'latest'], -32602, /argument 0/],
  ['an unknown tag', 'eth_getBalance', [ACCOUNT, 'newest'], -32602, /argument 1/],
  ['a missing parameter', 'eth_getBalance', [], -32602, /argument 0/],
  ['parameters by name', 'eth_getBalance', { address: ACCOUNT }, -32602, /param/],
  ['a leading zero', 'eth_getBlockByNumber', ['0x01', false], -32602, /argument 0/],
  ['a number instead of hex data', 'eth_getBlockByHash', [1, false], -32602, /argument 0/],
  ['two fee models', 'eth_call', [{ to: ACCOUNT, gasPrice: '0x1', maxFeePerGas: '0x1' }], -32602, /gasPrice/],
  ['input and data that differ', 'eth_call', [{ to: ACCOUNT, input: '0x01', data: '0x02' }], -32602, /input/],
  [
    'both forms of storage overrides',
    'eth_call',
    [{ to: ACCOUNT }, 'latest', { [ACCOUNT]: { state: {}, stateDiff: {} } }],
    -32000,
    /state/,
  ],
  ['a range and a block hash', 'eth_getLogs', [{ fromBlock: '0x0', blockHash: NOBODY }], -32602, /blockHash/],
  ['too many topics', 'eth_getLogs', [{ topics: [null, null, null, null, null] }], -32602, /topics/],
  ['a log range beyond the head', 'eth_getLogs', [{ fromBlock: '0x0', toBlock: '0xffffffff' }], -32602, /block range/],
  [
    'a transaction that is none',
    'eth_sendRawTransaction',
    ['0xdeadbeef'],
    -32000,
    /rlp: RLP item longer than its input/,
  ],
  ['percentiles out of order', 'eth_feeHistory', ['0x1', 'latest', [50, 10]], -32602, /percentile/],
  ['a state that is not there', 'eth_getBalance', [ACCOUNT, '0xffffff'], -32001, /header not found: number 0xffffff/],
  ['a filter that is not there', 'eth_getFilterChanges', ['0x1'], -32000, /filter not found/],
]

const checks: readonly Check<Tools>[] = [
  ...refusals.map(
    ([name, method, params, code, words]): Check<Tools> => ({
      name: `${name} is ${code}`,
      async run({ ask }) {
        const { error } = await ask(method, params)
        expect(error).toMatchObject({ code })
        expect(error?.message).toMatch(words)
      },
    }),
  ),
  {
    name: 'a reversed log range is -32602',
    async run(tools) {
      const number = await head(tools)
      const range = { fromBlock: hex(number + 1), toBlock: hex(number) }
      expect((await tools.ask('eth_getLogs', [range])).error).toMatchObject({ code: -32602 })
    },
  },
  {
    name: 'invalid JSON is -32700',
    run: async ({ say }) =>
      expect(await say('{"jsonrpc":"2.0","id":1,')).toMatchObject({ id: null, error: { code: -32700 } }),
  },
  {
    name: 'JSON that is no request is -32600',
    async run({ say }) {
      for (const text of ['1', '"x"', '[]', '{"id":1}', '{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}']) {
        expect(await say(text)).toMatchObject({ error: { code: -32600 } })
      }
    },
  },
  {
    name: 'a batch is answered in its order, its faults one by one, and its notifications not at all',
    async run({ say }) {
      const batch = [request('eth_chainId'), 1, { jsonrpc: '2.0', method: 'eth_chainId' }, request('eth_x', [], 'b')]
      expect(await say(JSON.stringify(batch))).toMatchObject([
        { id: 1, result: expect.stringMatching(/^0x/) },
        { id: null, error: { code: -32600 } },
        { id: 'b', error: { code: -32601 } },
      ])
    },
  },
  {
    name: 'ids come back as they were',
    async run({ say }) {
      for (const id of [0, 'text', '', 1.5, null]) {
        expect(await say(JSON.stringify(request('eth_chainId', [], id)))).toMatchObject({
          id,
          result: expect.anything(),
        })
      }
    },
  },
  {
    name: 'a subscription needs a WebSocket',
    transport: 'HTTP',
    run: async ({ ask }) => expect((await ask('eth_subscribe', ['newHeads'])).error).toMatchObject({ code: -32601 }),
  },
  {
    name: 'an unknown subscription is -32602',
    transport: 'WebSocket',
    run: async ({ ask }) => expect((await ask('eth_subscribe', ['newThings'])).error).toMatchObject({ code: -32602 }),
  },
  {
    name: 'txpool_ of an empty pool',
    async run({ ask }) {
      expect((await ask('txpool_status')).result).toEqual({ pending: '0x0', queued: '0x0' })
      expect((await ask('txpool_content')).result).toEqual({ pending: {}, queued: {} })
      expect((await ask('txpool_inspect')).result).toEqual({ pending: {}, queued: {} })
      expect((await ask('txpool_contentFrom', [ACCOUNT])).result).toEqual({ pending: {}, queued: {} })
    },
  },
  {
    name: 'a blob transaction is not estimated either',
    layer: 'L2',
    async run({ ask }) {
      const blob = {
        from: ACCOUNT,
        to: ACCOUNT,
        blobVersionedHashes: [`0x01${'00'.repeat(31)}`],
        maxFeePerBlobGas: '0x1',
      }
      expect((await ask('eth_estimateGas', [blob])).error?.message).toContain('type 3')
    },
  },
]

runEverywhere('JSON-RPC', { open, close: (tools) => tools?.close() }, checks)
