#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { UnknownEngine } from '../execution/errors.ts'
import { NodeError } from '../stateless/errors.ts'
import type {
  AdvanceOptions,
  DevnetOptions,
  GenesisOptions,
  L1Options,
  L2Options,
  LoadCommandOptions,
  RollupOptions,
  VerifyOptions,
} from './commands.ts'
import { helpText, parseCommandLine, UsageError } from './options.ts'
import { VERSION } from './version.ts'

/**
 * The command line. Each command lives in its own module and is loaded when it is asked for, so that `verify` does not
 * pay for a node. Exit codes: 0 fine, 1 failed (one line says why), 2 wrong usage or undecodable input.
 */
async function main(): Promise<number> {
  const { command, options, positionals } = parseCommandLine(process.argv.slice(2), process.env)
  switch (command) {
    case 'help':
      console.log(helpText(positionals[0]))
      return 0
    case 'version':
      console.log(`reenact ${VERSION}`)
      return 0
    case 'devnet':
      return (await import('./devnet.ts')).runDevnet(options as DevnetOptions)
    case 'l1':
      return (await import('./l1.ts')).runL1(options as L1Options)
    case 'l2':
      return (await import('./l2.ts')).runL2(options as L2Options, process.env)
    case 'rollup':
      return (await import('./rollupCommand.ts')).runRollup(options as RollupOptions, process.env)
    case 'advance':
      return (await import('./advance.ts')).runAdvance(options as AdvanceOptions, process.env)
    case 'load':
      return (await import('./loadCommand.ts')).runLoadCommand(options as LoadCommandOptions, process.env)
    case 'verify':
      return (await import('./verify.ts')).runVerify(positionals[0], options as VerifyOptions)
    case 'genesis':
      return (await import('./genesisCommand.ts')).runGenesis(positionals[0] as 'l1' | 'l2', options as GenesisOptions)
  }
}

/**
 * V8 lets garbage that has outlived a few blocks grow to three times what lives before it collects. At three quarters of
 * it a devnet takes 150 MiB less, for a few percent of processor time. A limit on the whole heap (--max-old-space-size)
 * would do that too, but end large chains. V8 reads this one at each collection, so a running process can set it.
 */
setFlagsFromString('--heap-growing-percent=75')

try {
  process.exitCode = await main()
} catch (error) {
  if (error instanceof NodeError) {
    console.error(`reenact: ${error.message}`)
    process.exitCode = error instanceof UsageError || error instanceof UnknownEngine ? 2 : 1
  } else {
    // A bug of ours: the whole stack, because a line would hide it.
    console.error(error)
    process.exitCode = 70
  }
  // Whatever a half-started node still holds open must not keep a failed process alive.
  setImmediate(() => process.exit())
}
