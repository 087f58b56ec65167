import { createHash, timingSafeEqual } from 'node:crypto'
import { RpcError } from './errors.ts'

/** Who may call the methods that change what a node does: everybody, who has the token, or nobody (`off` says what helps). */
export type ControlPolicy = { open: true } | { token: string } | { off: string }

export type ControlGate = {
  /**
   * `authorization`: the header of the HTTP request or of the WebSocket upgrade. Throws RpcError UNAUTHORIZED, or
   * METHOD_REFUSED when nobody may.
   */
  require(method: string, authorization: string | undefined): void
}

const SCHEME = 'Authorization: Bearer TOKEN'

/** Keeps of the token only its hash, and compares hashes, so that neither time nor an error tells anything about it. */
export function createControlGate(policy: ControlPolicy): ControlGate {
  if ('open' in policy) return { require: () => undefined }
  if ('off' in policy) {
    return {
      require: (method) => {
        throw new RpcError('METHOD_REFUSED', `${method}: ${policy.off}`)
      },
    }
  }
  const wanted = digest(policy.token)
  return {
    require: (method, authorization) => {
      const token = bearerToken(authorization)
      if (token !== undefined && timingSafeEqual(digest(token), wanted)) return
      const what =
        authorization === undefined ? 'has none' : token === undefined ? 'has another scheme' : 'has a wrong token'
      const message = `${method} needs the control token of this node, as "${SCHEME}"; the request ${what}`
      throw new RpcError('UNAUTHORIZED', message)
    },
  }
}

/** RFC 6750 2.1; the name of the scheme in any case. */
const bearerToken = (authorization: string | undefined): string | undefined =>
  /^bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1]

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()
