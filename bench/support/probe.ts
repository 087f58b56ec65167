/**
 * The process that asks: `probe.js MS URL...`. Every so many milliseconds, whatever is still unanswered, it asks each URL
 * for eth_blockNumber and notes how long the answer took. Its parent tells it when to stop and gets the figures.
 */
import { Agent, request } from 'node:http'

const BODY = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] })

/** `at`: milliseconds since the epoch when the question was sent. */
export type Sample = { at: number; ms: number }
export type ProbeAnswer = { samples: Sample[][]; failures: number }

const [everyMs = '10', ...urls] = process.argv.slice(2)
const EVERY_MS = Number(everyMs)
const samples: Sample[][] = urls.map(() => [])
let failures = 0
let waiting = 0
const agent = new Agent({ keepAlive: true })

function ask(url: string, into: Sample[]): void {
  const sentAt = performance.now()
  const headers = { 'content-type': 'application/json', 'content-length': BODY.length }
  waiting++
  const done = (ok: boolean) => {
    waiting--
    if (ok) into.push({ at: performance.timeOrigin + sentAt, ms: performance.now() - sentAt })
    else failures++
  }
  const question = request(url, { method: 'POST', agent, headers }, (response) => {
    response.resume()
    response.on('end', () => done(response.statusCode === 200))
  })
  question.on('error', () => done(false))
  question.end(BODY)
}

const startedAt = performance.now()
let asked = 0
/** On a fixed schedule: a slow answer must not make the next question late. */
const timer = setInterval(() => {
  while (performance.now() - startedAt >= asked * EVERY_MS) {
    asked++
    for (const [index, url] of urls.entries()) ask(url, samples[index] ?? [])
  }
}, EVERY_MS)

process.once('message', () => {
  clearInterval(timer)
  const finish = setInterval(() => {
    if (waiting > 0) return
    clearInterval(finish)
    agent.destroy()
    process.send?.({ samples, failures } satisfies ProbeAnswer, () => process.disconnect())
  }, EVERY_MS)
})
