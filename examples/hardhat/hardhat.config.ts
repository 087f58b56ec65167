import hardhatViem from '@nomicfoundation/hardhat-viem'
import { defineConfig } from 'hardhat/config'

/** The first dev account of every Reenact devnet: public, worth nothing. */
const DEV_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

export default defineConfig({
  plugins: [hardhatViem],
  solidity: {
    version: '0.8.37',
    // The compiler of the npm package: nothing is downloaded.
    path: new URL('node_modules/solc/soljson.js', import.meta.url).pathname,
    // The mocks that scripts/mocks.ts deploys.
    npmFilesToBuild: ['L1MessengerMock', 'L2MessengerMock'].map((name) => `reenact/contracts/kit/mocks/${name}.sol`),
    settings: { evmVersion: 'osaka', optimizer: { enabled: true } },
  },
  networks: {
    reenactL1: {
      type: 'http',
      chainType: 'l1',
      url: process.env.REENACT_L1_URL ?? 'http://127.0.0.1:8545',
      accounts: [DEV_KEY],
    },
    reenactL2: {
      type: 'http',
      chainType: 'generic',
      url: process.env.REENACT_L2_URL ?? 'http://127.0.0.1:9545',
      accounts: [DEV_KEY],
    },
  },
})
