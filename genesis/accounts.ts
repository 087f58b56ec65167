import { concatHex, keccak256, numberToHex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { FIRST_L2_CHAIN_ID } from './parameters.ts'

/**
 * The public test mnemonic that anvil, hardhat and others use. Everybody knows its keys, so nothing of value may ever be
 * sent to them. The keys below are its children at m/44'/60'/0'/0/index (a test derives them); written out, because the
 * derivation alone would take longer than everything else at start.
 */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk'

export const DEV_PRIVATE_KEYS = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
  '0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a',
  '0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba',
  '0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e',
  '0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356',
  '0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97',
  '0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6',
] as const

/** Index 100 + 10 * i of the mnemonic: sends the settlements of rollup i on L1. Two of them never share a nonce. */
export const SETTLER_PRIVATE_KEYS = [
  '0xdae4671006c60a3619556ace98eca6f6e092948d05b13070a27ac492a4fba419',
  '0x9e4e3ca5a15203ef569824c74164789921d372c12b83f1aeba7d4e096a8338fd',
  '0xeb949ffe81c4e6f9c0802eb23f2352143584e124420c529f7f36e99a4388f8dd',
  '0x04aa05e0090ecde1658293ac3c2e2e5815d12b3eea881c4f3a03f438d5702550',
  '0x00d0d1d0ad58ae173096d9c2ce22a3afaa6b7bfd2303e02b5be06ba14166287d',
  '0x2dfb47b1acdb34494d130cca790c19a7ad0f9b4561c3e184b3a20b1ace7ede04',
  '0x2b1fe903563f40b41b5a800000473d4b84a23ac8d2f8bed1c9fece936fe46495',
  '0xe13548a057b4901d0ab7bb68b0ba101ef4333329237fe176bb262326c2cc8216',
  '0x9e8480dcd0e2a35ee4716269ff9b4426791547c805af603dbe6b2a0ef011fb50',
  '0x426275d2d7f49348c074458839945c85fbdfafdb4786570c0493125d9d70081e',
  '0x07b012df6827416cd5c59d1085fd464bba4fcfaed7c31fc9e6ea5aff9099ef6b',
  '0x45d5969c824aaf3cd51cb7ef6ad20d55d5cd1d8302fbfdb9639909c633f11e69',
  '0x87e04b328797f748fac2ae83d0e1cfe8fc66c7e63228d89c5bc5ff2f5da2e594',
  '0xb3aa24a3ff1615f1cbe4113a1e9826ae2ac0bae92b028a38fb05239337d1326a',
  '0xbd9887a2638c15ff96ec8979812ac8951f29aad66315e476c8e088ad5b2e3589',
  '0xa51b21c9a49142c5564f7db7c8f1e00adc6bcd64f9af9bf67ac8db570c18324a',
] as const
export const SETTLER_PRIVATE_KEY = SETTLER_PRIVATE_KEYS[0]
/** index 101: claims L1 messages, on every L2 */
export const RELAYER_PRIVATE_KEY = '0x13986e078393fca89aedc2ecd014df01dfbff153434c04b2e38cfedcbef710f7'
/** index 102: signs the deployment inside genesis, whose account is left out of the result */
export const DEPLOYER_PRIVATE_KEY = '0x7382cc0c1dd9fc4ff87ed969fafac4c040ebd4890d0b8fa35781524df5b15476'

export const DEV_ADDRESSES = [
  '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
  '0x90F79bf6EB2c4f870365E785982E1f101E93b906',
  '0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65',
  '0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc',
  '0x976EA74026E726554dB657fA54763abd0C3a0aa9',
  '0x14dC79964da2C08b23698B3D3cc7Ca32193d9955',
  '0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f',
  '0xa0Ee7A142d267C1f36714E4a8F75612F20a79720',
] as const
export const SETTLER_ADDRESSES = [
  '0x8C3229EC621644789d7F61FAa82c6d0E5F97d43D',
  '0x51953940F874eFa94F92EB2d6Aed023617A07222',
  '0xc9DB8bec097C2CbdcE109e03A36f98a87E04ffEf',
  '0x2c7D914a1801242017Bd00aBC5A02452e1305C63',
  '0xb24e6C5d01d14be3918ed712aCe1b2f7F2Bef53a',
  '0x280b23F871E8679970CeC204Bc67d19840CEfeD0',
  '0x3961e9553D9E7aae3B6b497F92966a46D467C823',
  '0x4d24dBC55231CEAF86b87F6cA71167bd94577936',
  '0xb669e9eCc9132c03B0708e9da76A4f00a30A935b',
  '0xc642A4b180CCBD0BEaC32d221c6faa1b7890B905',
  '0xCD5691EA878D262516be278cb46f2fd7fF132083',
  '0x565AC0E8fe74F5052520D6f49F0cbc0bff7Df069',
  '0x058f455880a4529174E9e5bc985c84DE7209eAfC',
  '0x5911f3eD1eb71cc31b8C6E44141F218512Dfc696',
  '0xA250540428F7d6F6b98b10bb416DB262360957E4',
  '0xb80b60e35D374d20FC5eEF86cd2De9382959E4b7',
] as const
export const DEPLOYER_ADDRESS = '0x0e9971c0005D91336c1441b8F03c1C4fe5FB4584'
export const SETTLER_ADDRESS = SETTLER_ADDRESSES[0]
export const RELAYER_ADDRESS = '0x9586A4833970847aef259aD5BFB7aa8901DDf746'

export const devAccount = (index: number): PrivateKeyAccount => {
  const key = DEV_PRIVATE_KEYS[index]
  if (key === undefined) throw new RangeError(`there are ${DEV_PRIVATE_KEYS.length} dev accounts, not ${index + 1}`)
  return privateKeyToAccount(key)
}
export const settlerAccount = (rollup = 0): PrivateKeyAccount => privateKeyToAccount(settlerKey(rollup))
export const relayerAccount = (): PrivateKeyAccount => privateKeyToAccount(RELAYER_PRIVATE_KEY)

/**
 * The settler of any L2 chain id on a devnet's L1, which everybody can find: that of the mnemonic for the ids of a devnet,
 * else one made from the id.
 */
export function settlerOfChain(l2ChainId: number): PrivateKeyAccount {
  const rollup = l2ChainId - FIRST_L2_CHAIN_ID
  if (rollup >= 0 && rollup < SETTLER_PRIVATE_KEYS.length) return settlerAccount(rollup)
  return privateKeyToAccount(keccak256(concatHex([SETTLER_PRIVATE_KEY, numberToHex(l2ChainId, { size: 32 })])))
}

function settlerKey(rollup: number): `0x${string}` {
  const key = SETTLER_PRIVATE_KEYS[rollup]
  if (key === undefined) throw new RangeError(`there are ${SETTLER_PRIVATE_KEYS.length} settlers, not ${rollup + 1}`)
  return key
}
