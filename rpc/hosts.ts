import { isIP } from 'node:net'

/**
 * Who may talk to this server, by two headers that a browser cannot forge. A foreign web page reaches a local port by
 * pointing its own DNS name at 127.0.0.1; then Host carries that name. So names must be listed, while addresses may
 * be anything: no DNS is involved in them.
 */
export type AccessRules = {
  hostAllowed(hostHeader: string | undefined): boolean
  /** the value for Access-Control-Allow-Origin; undefined when this origin is refused */
  allowOrigin(origin: string): string | undefined
}

/** `allowedHosts`: further names, without port; `*` allows all. `cors`: origins; `*` allows all. */
export function createAccessRules(allowedHosts: readonly string[], cors: readonly string[]): AccessRules {
  const names = new Set(['localhost', ...allowedHosts.map((name) => name.toLowerCase())])
  const origins = new Set(cors.map((origin) => origin.toLowerCase()))
  return {
    hostAllowed: (header) => {
      if (names.has('*')) return true
      const name = hostName(header)
      return name !== undefined && (isIP(name) !== 0 || names.has(name))
    },
    allowOrigin: (origin) => {
      if (origins.has('*')) return '*'
      return origins.has(origin.toLowerCase()) ? origin : undefined
    },
  }
}

/** Lower-case host of a Host header without port and brackets. */
function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@]+))(?::\d{1,5})?$/.exec(header ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}
