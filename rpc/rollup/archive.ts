import * as z from 'zod'
import { RpcError } from '../errors.ts'
import { toQuantity } from '../hex.ts'
import { required } from '../params.ts'
import { prepareHex } from '../preparedJson.ts'
import type { MethodTable } from '../types.ts'
import type { DevnetArchive, RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { bytesIn, data, from, hash, named, quantity, quantity64 } from './wire.ts'

export const LoadedChain = named('LoadedChain', { chainId: quantity, number: quantity64, hash })
export type LoadedChain = z.infer<typeof LoadedChain>

/** A devnet as one file, and back. */
export function rollupArchiveMethods({ rollup }: RollupDeps): MethodTable {
  const archive = (): DevnetArchive => {
    const known = rollup().archive
    if (known !== undefined) return known
    throw new RpcError('METHOD_REFUSED', 'only a devnet (`reenact`) has all its chains in one process')
  }
  return {
    rollup_dumpState: rollupMethod(
      {
        summary: 'All chains of the devnet as of one moment, in one checked file.',
        params: [],
        result: data,
        isControl: true,
      },
      // Long, so its JSON is made in slices.
      async (_, { signal }) => (await prepareHex(await archive().dump(signal))) as unknown as z.output<typeof data>,
    ),
    rollup_loadState: rollupMethod(
      {
        summary: 'Puts the chains of a dump in the place of all chains of this devnet, on the same ports.',
        params: [required('dump', from(bytesIn))],
        result: z.array(LoadedChain),
        isControl: true,
      },
      async ([dump], { signal }) =>
        (await archive().load(dump, signal)).map(({ chainId, number, hash }) => ({
          chainId: toQuantity(chainId),
          number: toQuantity(number),
          hash,
        })),
    ),
  }
}
