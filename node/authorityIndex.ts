/** Who signed authorizations (EIP-7702) that wait in the pool: an account here may run code before its next transaction. */
export type AuthorityIndex = {
  /** hex without prefix */
  has(authority: string): boolean
  add(authorities: readonly string[]): void
  remove(authorities: readonly string[]): void
}

export function createAuthorityIndex(): AuthorityIndex {
  const counts = new Map<string, number>()
  return {
    has: (authority) => counts.has(authority),
    add(authorities) {
      for (const authority of authorities) counts.set(authority, (counts.get(authority) ?? 0) + 1)
    },
    remove(authorities) {
      for (const authority of authorities) {
        const left = (counts.get(authority) ?? 0) - 1
        if (left > 0) counts.set(authority, left)
        else counts.delete(authority)
      }
    },
  }
}
