import { type ErrorCode, type EthersError, Interface } from 'ethers'
import { BaseError, ContractFunctionExecutionError, ContractFunctionRevertedError, encodeFunctionData } from 'viem'

/** Whether ethers made this error. */
export function isEthersError(error: unknown): error is EthersError<ErrorCode> {
  return error instanceof Error && 'shortMessage' in error && 'code' in error && typeof error.code === 'string'
}

/** The answer of the node inside an error of ethers. */
export function rpcErrorOf(error: unknown): { code: number; message: string; data?: unknown } | undefined {
  if (!isEthersError(error)) return undefined
  const found = error.info?.error ?? ('error' in error ? error.error : undefined)
  if (typeof found !== 'object' || found === null || !('code' in found) || typeof found.code !== 'number')
    return undefined
  const message = 'message' in found ? String(found.message) : error.shortMessage
  return { code: found.code, message, ...('data' in found ? { data: found.data } : {}) }
}

/** Does the work; where viem's actions fail, the errors are those that ethers has for it. Ours stay what they are. */
export async function withEthersErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof BaseError ? (refusalOf(error) ?? error.walk(isEthersError) ?? error) : error
  }
}

/** CALL_EXCEPTION with the contract's own error decoded. */
function refusalOf(error: BaseError): Error | undefined {
  const call = error.walk((one) => one instanceof ContractFunctionExecutionError)
  const refusal = error.walk((one) => one instanceof ContractFunctionRevertedError)
  if (!(call instanceof ContractFunctionExecutionError && refusal instanceof ContractFunctionRevertedError))
    return undefined
  const { abi, functionName, args, contractAddress = null } = call
  if (refusal.raw === undefined) return undefined
  const data = encodeFunctionData({ abi, functionName, args: args ?? [] })
  return new Interface(abi as never).makeError(refusal.raw, { to: contractAddress, data })
}
