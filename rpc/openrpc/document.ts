import { ANY, type JsonSchema } from '../schema.ts'
import type { MethodTable, RpcMethod } from '../types.ts'
import { COMPONENTS } from './components.ts'
import { METHOD_DOCS } from './methodDocs.ts'

/** What the document says about one method. */
export type MethodDoc = { readonly summary: string; readonly result: JsonSchema }

export type DocumentInfo = { readonly title: string; readonly version: string }

const OPENRPC_VERSION = '1.3.2'

/**
 * The same methods, `rpc_modules`, and `rpc.discover`, which answers the OpenRPC document of them all (spec.open-rpc.org).
 * The document is made when it is first asked for.
 */
export function withDiscovery(methods: MethodTable, info: DocumentInfo): MethodTable {
  let document: object | undefined
  const discover: RpcMethod = {
    params: [],
    call: () => {
      document ??= openRpcDocument(all, info)
      return document
    },
  }
  const modules: RpcMethod = { params: [], call: () => modulesOf(all) }
  const all: MethodTable = { ...methods, 'rpc.discover': discover, rpc_modules: modules }
  return all
}

/** The namespaces of the table that are served, each with a version, as geth's rpc_modules gives them. */
function modulesOf(methods: MethodTable): Record<string, string> {
  const served = Object.keys(methods).filter((name) => methods[name]?.refused === undefined)
  const names = new Set(served.flatMap((name) => /^([a-z0-9]+)_/.exec(name)?.[1] ?? []))
  return Object.fromEntries([...names].sort().map((name) => [name, '1.0']))
}

/** Lists every method of the table with its parameters and result; those that are refused here have `x-refused`, the reason. */
export function openRpcDocument(methods: MethodTable, info: DocumentInfo) {
  return {
    openrpc: OPENRPC_VERSION,
    info,
    methods: Object.entries(methods)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, method]) => describeMethod(name, method)),
    components: { schemas: COMPONENTS },
  }
}

function describeMethod(name: string, { params, refused, doc: own }: RpcMethod) {
  const doc: MethodDoc = own ?? METHOD_DOCS[name] ?? { summary: name, result: ANY }
  return {
    name,
    summary: doc.summary,
    paramStructure: 'by-position',
    params: params.map(({ name: param, required, schema }) => ({ name: param, required, schema })),
    ...(own?.isControl === true ? { 'x-control': true } : {}),
    ...(refused === undefined ? { result: { name: 'result', schema: doc.result } } : describeRefusal(refused)),
  }
}

/** A known method that only says why it is not to be had on this chain has no result. */
function describeRefusal({ code, reason }: NonNullable<RpcMethod['refused']>) {
  return { result: { name: 'result', schema: NEVER }, errors: [{ code, message: reason }], 'x-refused': reason }
}

const NEVER: JsonSchema = { not: {} }
