// What the page is made of: its elements, buttons that do one thing at a time, and the wallets of the browser.
import * as viem from 'viem'

export function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`The page has no #${id}.`)
  return element
}
export const say = (text: string) => find('says', HTMLElement).replaceChildren(text)
export const amount = () => viem.parseEther(find('amount', HTMLInputElement).value)

/** Does its work once at a time, and says how that went. */
export function button(label: string, work: () => Promise<string>): HTMLButtonElement {
  const made = document.createElement('button')
  made.textContent = label
  made.onclick = async () => {
    made.disabled = true
    say(await work().catch((error) => (error instanceof viem.BaseError ? error.shortMessage : error.message)))
    made.disabled = false
  }
  return made
}

// EIP-6963: every wallet of the browser announces itself, some of them twice.
declare global {
  interface WindowEventMap {
    'eip6963:announceProvider': CustomEvent<{ info: { uuid: string; name: string }; provider: viem.EIP1193Provider }>
  }
}
/** A button for each wallet. */
export function listWallets(connect: (provider: viem.EIP1193Provider) => Promise<string>): void {
  window.addEventListener('eip6963:announceProvider', ({ detail: { info, provider } }) => {
    if (document.getElementById(info.uuid)) return
    const choice = button(info.name, () => connect(provider))
    choice.id = info.uuid
    find('wallets', HTMLElement).append(choice)
  })
  window.dispatchEvent(new Event('eip6963:requestProvider'))
}
