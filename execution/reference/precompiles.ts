import { EVMError, type PrecompileFunc } from '@ethereumjs/evm'

const { REVERT, BN254_FP_NOT_IN_FIELD, BLS_12_381_FP_NOT_IN_FIELD, BLS_12_381_POINT_NOT_ON_CURVE } =
  EVMError.errorMessages
const BAD_ELEMENT: readonly string[] = [REVERT, BN254_FP_NOT_IN_FIELD, BLS_12_381_FP_NOT_IN_FIELD]

/**
 * The library's precompile, which halts on whatever is no element of a field or curve: the library calls some of that a
 * revert, and traces would show one. A precompile cannot revert.
 */
export function haltingOnBadElement(base: PrecompileFunc): PrecompileFunc {
  return async (call) => {
    const result = await base(call)
    const error = result.exceptionError?.error
    if (error === undefined || !BAD_ELEMENT.includes(error)) return result
    return { ...result, exceptionError: new EVMError(BLS_12_381_POINT_NOT_ON_CURVE) }
  }
}
