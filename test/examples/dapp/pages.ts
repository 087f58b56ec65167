import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Window } from 'happy-dom'
import { vi } from 'vitest'
import { WebSocket } from 'ws'
import type { TestWallet, WalletRequest } from './wallet.ts'

export const CHROMIUM = process.env.REENACT_CHROMIUM ?? '/usr/bin/chromium'

/** A page in a browser with a wallet in it. */
export type Page = {
  /** the value of an expression in the page */
  evaluate<Value>(expression: string): Promise<Value>
  close(): Promise<void>
}

/** `folder`: the built page, that `url` serves. */
export type PageOptions = { url: string; folder: string; wallet: TestWallet }

type WalletAnswer = { result?: unknown; error?: { code: number; message: string } }

/** Runs before the scripts of the page: a provider that announces itself (EIP-6963), over `walletCall` and `walletAnswer`. */
const PROVIDER = `{
  const waiting = []
  window.walletAnswer = (id, { result, error }) =>
    error ? waiting[id].reject(Object.assign(new Error(error.message), error)) : waiting[id].resolve(result)
  const request = (wanted) => new Promise((resolve, reject) => {
    window.walletCall(JSON.stringify({ id: waiting.push({ resolve, reject }) - 1, wanted }))
  })
  const provider = { request, on() {}, removeListener() {} }
  const info = { uuid: 'cbd9ce27-4eec-4d11-8c24-1e9c4ac5ab47', name: 'Test wallet', icon: 'data:,', rdns: 'test.wallet' }
  const announce = () =>
    window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }))
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
}`

/** Asks the wallet for the page, and gives the script that tells the page what it answers. */
async function askWallet(wallet: TestWallet, call: string): Promise<string> {
  const { id, wanted } = JSON.parse(call) as { id: number; wanted: WalletRequest }
  const answer = await wallet.request(wanted).then(
    (result): WalletAnswer => ({ result }),
    ({ code = -32603, message }): WalletAnswer => ({ error: { code, message } }),
  )
  return `window.walletAnswer(${id}, ${JSON.stringify(answer)})`
}

/** What the page uses of a browser, beside what Node has too. */
const BROWSER_GLOBALS = ['window', 'document', 'location', 'Event', 'CustomEvent', 'HTMLElement', 'HTMLInputElement']

/** The page's HTML in a DOM without a browser, and its module in this process. */
export async function openInHappyDom({ url, folder, wallet }: PageOptions): Promise<Page> {
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const [, script = ''] = /<script [^>]*src="([^"]+)"/.exec(html) ?? []
  const window = new Window({ url })
  window.document.write(html)
  for (const name of BROWSER_GLOBALS) vi.stubGlobal(name, Reflect.get(window, name))
  // biome-ignore lint/security/noGlobalEval: what a browser's console does
  const evaluate = async (expression: string) => globalThis.eval(expression)
  const walletCall = (call: string) => void askWallet(wallet, call).then(evaluate)
  Object.assign(window, { walletCall })
  await evaluate(PROVIDER)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  await import(/* @vite-ignore */ pathToFileURL(join(folder, script)).href)
  const close = async () => {
    vi.unstubAllGlobals()
    await window.happyDOM.close()
  }
  return { evaluate, close }
}

/** A real browser without a window, driven over the DevTools protocol. */
export async function openInChromium({ url, wallet }: PageOptions): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), 'reenact-chromium-'))
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}`,
  ]
  const child = spawn(CHROMIUM, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const port = await new Promise<string>((resolve, reject) => {
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
      const [, found] = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(errors) ?? []
      if (found !== undefined) resolve(found)
    })
    ended.then(() => reject(new Error(`Chromium ended:\n${errors}`)))
  })
  const tab = await fetch(`http://127.0.0.1:${port}/json/new?about:blank`, { method: 'PUT' })
  const { webSocketDebuggerUrl } = (await tab.json()) as { webSocketDebuggerUrl: string }
  const devTools = await connect(webSocketDebuggerUrl)
  const evaluate = async <Value>(expression: string): Promise<Value> => {
    const { result } = (await devTools.send('Runtime.evaluate', { expression, returnByValue: true })) as {
      result: { value: Value }
    }
    return result.value
  }
  devTools.onBinding(async (call) => void (await evaluate(await askWallet(wallet, call))))
  await devTools.send('Runtime.enable')
  await devTools.send('Runtime.addBinding', { name: 'walletCall' })
  await devTools.send('Page.enable')
  await devTools.send('Page.addScriptToEvaluateOnNewDocument', { source: PROVIDER })
  await devTools.send('Page.navigate', { url })
  const close = async () => {
    devTools.close()
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  return { evaluate, close }
}

async function connect(url: string) {
  const socket = new WebSocket(url)
  const waiting = new Map<number, (result: unknown) => void>()
  let lastId = 0
  let bindingCalled = (_payload: string) => {}
  socket.on('message', (data: Buffer) => {
    const { id, result, method, params } = JSON.parse(data.toString())
    if (method === 'Runtime.bindingCalled') bindingCalled(params.payload)
    else waiting.get(id)?.(result)
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    send(method: string, params: object = {}): Promise<unknown> {
      const id = ++lastId
      socket.send(JSON.stringify({ id, method, params }))
      return new Promise((resolve) => waiting.set(id, resolve))
    },
    onBinding(listener: (payload: string) => void) {
      bindingCalled = listener
    },
    close: () => socket.close(),
  }
}
