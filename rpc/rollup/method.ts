import type { z } from 'zod'
import { method, type Values } from '../params.ts'
import type { RpcContext, RpcMethod, RpcMethodDoc, RpcParam } from '../types.ts'
import { toJsonSchema } from './wire.ts'

/** A rollup_ method as it describes itself. `isControl`: it changes what the node does. */
export type MethodDescription<Params extends readonly RpcParam<unknown>[], Result extends z.ZodType> = {
  /** one sentence */
  summary: string
  params: Params
  result: Result
  isControl?: boolean
}

/** A method whose parameters are parsed before `run` sees them, and whose answer has the form that it promises. */
export function rollupMethod<const Params extends readonly RpcParam<unknown>[], Result extends z.ZodType>(
  { summary, params, result, isControl = false }: MethodDescription<Params, Result>,
  run: (values: Values<Params>, context: RpcContext) => z.input<Result> | Promise<z.input<Result>>,
): RpcMethod {
  const doc: RpcMethodDoc = {
    summary,
    isControl,
    get result() {
      return toJsonSchema(result, 'output')
    },
  }
  return { ...method(params, run), doc }
}
