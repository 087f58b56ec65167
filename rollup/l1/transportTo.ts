import { http, type Transport, webSocket } from 'viem'

/** To a JSON-RPC port: http(s) is polled, ws(s) also pushes. */
export function transportTo(url: string): Transport {
  const options = { retryCount: 1, timeout: 10_000 }
  return /^wss?:/i.test(url) ? webSocket(url, options) : http(url, options)
}
