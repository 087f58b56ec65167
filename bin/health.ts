// Asks all chains of this container for their health; exit 0 when every one that should listen answers. Ports come from the
// same settings as the node's (REENACT_L1_PORT, REENACT_L2_PORT, REENACT_ROLLUPS; REENACT_PORT for a single node).

const single = process.env.REENACT_PORT
const firstRollup = Number(process.env.REENACT_L2_PORT || 9545)
const rollups = Array.from({ length: Number(process.env.REENACT_ROLLUPS || 1) }, (_, index) => firstRollup + index)
const ports = single === undefined ? [Number(process.env.REENACT_L1_PORT || 8545), ...rollups] : [Number(single)]

async function healthy(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) })
    return response.ok
  } catch {
    return false
  }
}

const answers = await Promise.all(ports.map(healthy))
process.exitCode = answers.every((ok) => ok) ? 0 : 1
