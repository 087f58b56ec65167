// Hardhat's simulated network behind HTTP, without the log of `hardhat node`: `node hardhatServer.mjs PORT SETTINGS`, where the
// settings are JSON with chainId, gasLimit and hardfork. Hardhat loads nothing of this project.
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'

const [port, text] = process.argv.slice(2)
const { chainId, gasLimit, hardfork } = JSON.parse(text)
const bench = { type: 'edr-simulated', chainType: 'l1', chainId, hardfork, blockGasLimit: BigInt(gasLimit) }
const hre = await createHardhatRuntimeEnvironment({ networks: { bench } })
const server = await hre.network.createServer('bench', '127.0.0.1', Number(port))
await server.listen()
