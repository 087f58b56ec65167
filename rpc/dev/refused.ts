import { RpcError, type RpcErrorCode, rpcNumber } from '../errors.ts'
import type { MethodTable, RpcMethod } from '../types.ts'

const NAMESPACES = ['anvil', 'hardhat'] as const

/** Methods of both families that are not to be had here, with the reason. */
export function refusedMethods(reasons: Readonly<Record<string, string>>): MethodTable {
  return Object.fromEntries(
    Object.entries(reasons).flatMap(([name, reason]) =>
      NAMESPACES.map((namespace) => [`${namespace}_${name}`, refusing(`${namespace}_${name}`, reason)]),
    ),
  )
}

/** A method that only says why it is not to be had. Its parameters do not matter. */
export function refusing(name: string, reason: string, code: RpcErrorCode = 'METHOD_REFUSED'): RpcMethod {
  return {
    params: [],
    refused: { code: rpcNumber(code), reason },
    call: () => {
      throw new RpcError(code, `${name}: ${reason}`)
    },
  }
}
