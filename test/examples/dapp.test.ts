import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPublicClient, http, parseEther } from 'viem'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { until } from '../e2e/clients.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { CHROMIUM, openInChromium, openInHappyDom, type Page } from './dapp/pages.ts'
import { createTestWallet, type TestWallet } from './dapp/wallet.ts'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))

const CLAIMED = '0.1 ETH: claimed'

const folder = mkdtempSync(join(tmpdir(), 'reenact-dapp-'))
const built = { configFile: false, root: path('examples/dapp'), logLevel: 'error', build: { outDir: folder } } as const
let devnet: TestDevnet
let site: PreviewServer
beforeAll(async () => {
  const alias = { 'reenact/viem': path('client/viem.ts'), 'reenact/abi': path('client/abi.ts') }
  await build({ ...built, build: { outDir: folder, emptyOutDir: true }, resolve: { alias } })
  site = await preview({ ...built, preview: { host: '127.0.0.1', port: 0 } })
  devnet = await startTestDevnet()
})
afterAll(async () => {
  await devnet?.close()
  await site?.close()
  rmSync(folder, { recursive: true, force: true })
})

const BROWSERS = [
  { name: 'happy-dom', open: openInHappyDom, isThere: true, account: devAccount(7) },
  { name: 'Chromium', open: openInChromium, isThere: existsSync(CHROMIUM), account: devAccount(8) },
]

describe.each(BROWSERS)('the dapp in $name', ({ name, open, isThere, account }) => {
  if (!isThere)
    console.warn(`${name} is not at ${CHROMIUM}: the dapp is not tried in it (REENACT_CHROMIUM names another place)`)
  const on = test.skipIf(!isThere)
  let page: Page
  let wallet: TestWallet
  afterAll(() => page?.close())

  const texts = (selector: string) =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('${selector}')].map(({ textContent }) => textContent.trim())`,
    )
  const said = (wanted: RegExp) =>
    until(`"${wanted}"`, async () => (await texts('#says')).find((text) => wanted.test(text)), 50_000)
  const click = async (selector: string) => {
    const button = `document.querySelector('${selector}:not([disabled])')`
    await until(selector, async () => ((await page.evaluate(`${button} !== null`)) ? true : undefined))
    await page.evaluate(`${button}.click()`)
  }
  const balance = (url: string) => createPublicClient({ transport: http(url) }).getBalance({ address: account.address })

  on('finds the wallet and connects', async () => {
    wallet = createTestWallet(account, { id: devnet.deployment.l1ChainId, url: devnet.l1Url })
    const [local = ''] = site.resolvedUrls?.local ?? []
    page = await open({ url: `${local}?rpc=${encodeURIComponent(devnet.l1Url)}`, folder, wallet })
    await click('#wallets button')
    expect(await said(/Connected/)).toBe(`Connected as ${account.address}.`)
    expect(await texts('button')).toEqual(['Test wallet', 'Deposit', 'Withdraw'])
  })

  on('deposits', async () => {
    const before = await balance(devnet.l2Url)
    await click('#actions button:first-child')
    expect(await said(/is on L2/)).toBe('The deposit is on L2.')
    expect((await balance(devnet.l2Url)) - before).toBe(parseEther('0.1'))
  })

  on('withdraws over a chain that the wallet has to be told of, and claims', async () => {
    await click('#actions button:last-child')
    await said(/can be claimed/)
    expect(wallet.asked).toContain('wallet_addEthereumChain')
    const before = await balance(devnet.l1Url)
    await click('#withdrawals button:not([hidden])')
    expect(await said(/paid out/)).toBe('The withdrawal is paid out on L1.')
    const gained = (await balance(devnet.l1Url)) - before
    expect(gained).toBeGreaterThan(parseEther('0.09'))
    expect(gained).toBeLessThan(parseEther('0.1'))
    await until('the status', async () => (await texts('#withdrawals output')).find((text) => text === CLAIMED))
  })

  on('finds withdrawals again', async () => {
    await click('#wallets button')
    await said(/Connected/)
    await until('the status', async () => ((await texts('#withdrawals li')).length === 1 ? true : undefined))
    await until('the status', async () => ((await texts('#withdrawals output'))[0] === CLAIMED ? true : undefined))
  })

  on('says what is wrong', async () => {
    wallet.refuseNext('eth_sendTransaction')
    await click('#actions button:first-child')
    expect(await said(/rejected/)).toBe('User rejected the request.')
    await page.evaluate(`document.querySelector('#amount').value = '1000000'`)
    await click('#actions button:first-child')
    expect(await said(/send it the rest/)).toContain(`${account.address} has `)
  })
})
