import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  type MetricValueWithName,
  Registry,
} from 'prom-client'
import type { BlockTag, Chain, Sealer, TxPool } from '../node/types.ts'
import { within } from '../node/within.ts'
import type { RollupReader, RollupStatus } from '../rollup/types.ts'
import type { FinishedCall } from '../rpc/dispatch.ts'
import type { MetricFamily } from '../rpc/rollup/deps.ts'
import type { RpcServerStats } from '../rpc/server.ts'

/** The parts of one chain that metrics tell about; `rollup` of an L2 only. */
export type WatchedParts = { chain: Chain; pool: TxPool; sealer: Sealer; rollup?: RollupReader }

/** One chain as it is now: another one may take its place. `name` is the label `chain`. */
export type WatchedChain = {
  name: string
  parts(): WatchedParts
  /** undefined before the server listens */
  server(): RpcServerStats | undefined
}

/** Metrics of one process; each chain in it is a value of the label `chain`. */
export type Metrics = {
  /** in the Prometheus text format */
  page(): Promise<{ contentType: string; body: string }>
  /** the same figures as values */
  families(): Promise<readonly MetricFamily[]>
  /** Adds a chain; the result is to be told of every finished call. */
  watch(watched: WatchedChain): (call: FinishedCall) => void
}

const PREFIX = 'reenact_'
const CALL_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 5, 30]
/** L1 may be away while it is asked for the escrow: then the other figures must not wait for it. */
const MAX_STATUS_WAIT_MS = 1_000

/** A registry with the metrics of this process. Figures of chains are read when somebody asks, calls are counted as they end. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const watched: WatchedChain[] = []
  collectDefaultMetrics({ register: registry, prefix: PREFIX })
  serverGauges(registry, watched)
  chainGauges(registry, watched)
  const readRollups = rollupGauges(registry, watched)
  const calls = callMetrics(registry)
  return {
    page: async () => {
      await readRollups()
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
    async families() {
      await readRollups()
      return (await registry.getMetricsAsJSON()).map(familyOf)
    },
    watch: (chain) => {
      watched.push(chain)
      return calls(chain.name)
    },
  }
}

/** Figures that are none yet (the mean of nothing) are left out. */
function familyOf({ name, help, type, values }: MetricObjectWithValues<MetricValue<string>>): MetricFamily {
  const samples = (values as MetricValueWithName<string>[])
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value, metricName = name }) => ({ name: metricName, labels: textsOf(labels), value }))
  return { name, help, type: `${type}`, samples }
}

const textsOf = (labels: Readonly<Record<string, string | number | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, `${value}`]))

function callMetrics(registry: Registry) {
  const registers = [registry]
  const seconds = new Histogram({
    name: `${PREFIX}rpc_call_seconds`,
    help: 'Duration of JSON-RPC calls; its count is the number of calls',
    labelNames: ['chain', 'method'],
    buckets: CALL_SECONDS,
    registers,
  })
  const errors = new Counter({
    name: `${PREFIX}rpc_errors_total`,
    help: 'JSON-RPC calls that ended with an error, by its number',
    labelNames: ['chain', 'method', 'code'],
    registers,
  })
  const bytes = new Counter({
    name: `${PREFIX}rpc_answer_bytes_total`,
    help: 'Length of all JSON-RPC answers before compression',
    labelNames: ['chain'],
    registers,
  })
  return (chain: string) => {
    const observers = new Map<string, { observe(value: number): void }>()
    const sent = bytes.labels(chain)
    return (call: FinishedCall): void => {
      let observer = observers.get(call.method)
      if (observer === undefined) {
        observer = seconds.labels(chain, call.method)
        observers.set(call.method, observer)
      }
      observer.observe(call.ms / 1000)
      sent.inc(call.bytes)
      if (call.errorCode !== undefined) errors.inc({ chain, method: call.method, code: call.errorCode })
    }
  }
}

/** A gauge whose value for each chain is read when it is asked for; chains without one are left out. */
function gauge(
  registry: Registry,
  watched: readonly WatchedChain[],
  [name, help]: readonly [string, string],
  read: (chain: WatchedChain) => number | undefined,
): void {
  new Gauge({
    name: `${PREFIX}${name}`,
    help,
    labelNames: ['chain'],
    registers: [registry],
    collect() {
      for (const chain of watched) {
        const value = read(chain)
        if (value !== undefined) this.set({ chain: chain.name }, value)
      }
    },
  })
}

function serverGauges(registry: Registry, watched: readonly WatchedChain[]): void {
  const add = (name: string, help: string, read: (stats: RpcServerStats) => number) =>
    gauge(registry, watched, [name, help], ({ server }) => {
      const stats = server()
      return stats && read(stats)
    })
  add('rpc_calls_in_flight', 'JSON-RPC calls under way', (stats) => stats.callsInFlight)
  add('rpc_connections', 'Open connections, WebSockets included', (stats) => stats.connections)
  add('rpc_unsent_bytes', 'Answers over HTTP that readers have not taken yet', (stats) => stats.unsentBytes)
  add('rpc_request_bytes', 'Bodies and messages that are read, wait or are worked on', (stats) => stats.requestBytes)
  add('rpc_websockets', 'Open WebSockets', ({ webSockets }) => webSockets.connections)
  add('rpc_subscriptions', 'Open subscriptions', ({ webSockets }) => webSockets.subscriptions)
  add(
    'rpc_websocket_backlog_bytes',
    'Sent to WebSockets and not taken yet',
    ({ webSockets }) => webSockets.backlogBytes,
  )
}

function chainGauges(registry: Registry, watched: readonly WatchedChain[]): void {
  const add = (name: string, help: string, read: (parts: WatchedParts) => bigint | number) =>
    gauge(registry, watched, [name, help], ({ parts }) => Number(read(parts())))
  const tagged =
    (tag: BlockTag) =>
    ({ chain }: WatchedParts) =>
      chain.resolveTag(tag)
  add('head_number', 'Number of the newest block', ({ chain }) => chain.head().header.number)
  add('head_timestamp_seconds', 'Timestamp of the newest block', ({ chain }) => chain.head().header.timestamp)
  add('head_gas_used', 'Gas used in the newest block', ({ chain }) => chain.head().header.gasUsed)
  add('head_transactions', 'Transactions in the newest block', ({ chain }) => chain.head().transactions.length)
  add('safe_number', 'Number of the newest safe block', tagged('safe'))
  add('finalized_number', 'Number of the newest final block', tagged('finalized'))
  add('pool_pending', 'Transactions in the pool that can run now', ({ pool }) => pool.status().pending)
  add('pool_queued', 'Transactions in the pool that wait for a nonce', ({ pool }) => pool.status().queued)
  add('sealing_failures', 'Seals that failed since the last that did not', ({ sealer }) => sealer.failures)
}

/** The figures of rollup_status. The result reads them for the gauges. */
function rollupGauges(registry: Registry, watched: readonly WatchedChain[]): () => Promise<void> {
  const statuses = new Map<string, RollupStatus>()
  const add = (name: string, help: string, read: (status: RollupStatus) => bigint | number | boolean) =>
    gauge(registry, watched, [name, help], (chain) => {
      const status = statuses.get(chain.name)
      return status && Number(read(status))
    })
  add('rollup_l1_head_number', 'Newest L1 block that the rollup has read', ({ l1Head }) => l1Head.number)
  add('rollup_lag_blocks', 'L2 blocks that are not settled', ({ lag }) => lag.blocks)
  add('rollup_lag_seconds', 'Time between the newest and the newest settled L2 block', ({ lag }) => lag.seconds)
  add('rollup_deposits_waiting', 'L1 messages not yet claimed on L2', ({ queue }) => queue.deposits)
  add('rollup_escrow_ether', 'Ether that the L1 messenger holds', ({ escrow }) => Number(escrow) / 1e18)
  add('rollup_sequencing', '1 while the sequencer may build', ({ sequencer }) => sequencer.active)
  add('rollup_settling', '1 while the settler may send', ({ settler }) => settler.active)
  add('rollup_settlement_failing', '1 after a settlement that failed', ({ settler }) => settler.lastError !== undefined)
  return async () => {
    for (const { name, parts } of watched) {
      const { rollup } = parts()
      const status = rollup && (await within(rollup.status(), MAX_STATUS_WAIT_MS))
      if (status) statuses.set(name, status)
    }
  }
}
