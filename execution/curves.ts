import { type EVMBLSInterface, type EVMBN254Interface, MCLBLS, NobleBN254, RustBN254 } from '@ethereumjs/evm'
import mcl from 'mcl-wasm'
import { initRustBN } from 'rustbn-wasm'

/** What the pairing precompiles (EIP-196, 197, 2537) compute with. */
export type Curves = { readonly bls: EVMBLSInterface; readonly bn254: EVMBN254Interface }

let loading: Promise<Curves> | undefined

/**
 * Pairing curves in wasm, started once per process: the gas of these precompiles assumes native code, and the library's
 * own BigInt versions need up to 65 s for the gas of one transaction. Point addition on bn254 stays with the library,
 * where it is faster than the way into wasm.
 */
export function loadCurves(): Promise<Curves> {
  loading ??= startCurves()
  return loading
}

async function startCurves(): Promise<Curves> {
  await mcl.init(mcl.BLS12_381)
  const bls = new MCLBLS(mcl)
  bls.init()
  const fast = new RustBN254(await initRustBN())
  const plain = new NobleBN254()
  return {
    bls,
    bn254: {
      add: (input) => plain.add(input),
      mul: (input) => fast.mul(input),
      pairing: (input) => fast.pairing(input),
    },
  }
}
