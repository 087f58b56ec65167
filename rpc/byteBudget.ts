/** Small things still fit when large ones have used the budget up: by so much of it. */
const RESERVE = 1 / 8
const SMALL_BYTES = 16_384

/** Bytes of one kind that all connections together may hold. */
export type ByteBudget = {
  readonly limit: number
  used(): number
  /** Is there room for `bytes` more of something that is then `size` bytes long? */
  fits(bytes: number, size: number): boolean
  /** Negative gives back. */
  take(bytes: number): void
}

export function createByteBudget(limit: number): ByteBudget {
  const limitOfSmall = limit * (1 + RESERVE)
  let used = 0
  return {
    limit,
    used: () => used,
    fits: (bytes, size) => used + bytes <= (size <= SMALL_BYTES ? limitOfSmall : limit),
    take: (bytes) => {
      used += bytes
    },
  }
}
