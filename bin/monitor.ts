import { MAX_SEALING_FAILURES } from '../rollup/health.ts'
import type { RpcServer, RpcServerOptions } from '../rpc/server.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Metrics, WatchedParts } from './metrics.ts'

/** What the pages beside JSON-RPC tell about one chain. */
export type Monitor = {
  readonly pages: Required<Pick<RpcServerOptions, 'health' | 'ready' | 'metrics' | 'onCall'>>
  /** the server that serves them */
  listening(server: RpcServer): void
  /** everything runs that belongs to this chain */
  started(): void
}

/** Watches one chain, whichever that is at the time. It is not ready before `started`, and not while every seal fails. */
export function createMonitor(name: string, parts: () => WatchedParts, metrics: Metrics): Monitor {
  let server: RpcServer | undefined
  let isStarted = false
  const onCall = metrics.watch({ name, parts, server: () => server?.stats() })

  const facts = () => {
    const { chain, pool, sealer } = parts()
    const { hash, header } = chain.head()
    return {
      chain: name,
      chainId: chain.chainId.toString(),
      head: { number: Number(header.number), hash: `0x${bytesToHex(hash)}`, timestamp: Number(header.timestamp) },
      pool: pool.status(),
      sealing: { mode: sealer.mode.kind, failures: sealer.failures },
    }
  }
  const obstacle = (): string | undefined => {
    if (!isStarted) return 'starting'
    return parts().sealer.failures >= MAX_SEALING_FAILURES ? 'sealing fails' : undefined
  }
  return {
    pages: {
      health: () => ({ ok: true, ...facts() }),
      ready: () => {
        const reason = obstacle()
        return { ok: reason === undefined, ...(reason === undefined ? {} : { reason }), ...facts() }
      },
      metrics: metrics.page,
      onCall,
    },
    listening: (listening) => {
      server = listening
    },
    started: () => {
      isStarted = true
    },
  }
}
