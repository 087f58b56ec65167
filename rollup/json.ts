/** JSON with bigints ("12n"), for the small durable records of this room. Only our own bytes are ever decoded. */
export function encodeRecord(value: unknown): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? `${field}n` : field)),
  )
}

export function decodeRecord<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes), (_, field: unknown) =>
    typeof field === 'string' && /^\d+n$/.test(field) ? BigInt(field.slice(0, -1)) : field,
  ) as T
}

/** The durable values of a chain that belong to this room. */
export type MetaStore = {
  getMeta(key: string): Uint8Array | undefined
  putMeta(key: string, value: Uint8Array): Promise<void>
}

export function readRecord<T>(meta: MetaStore, key: string): T | undefined {
  const bytes = meta.getMeta(key)
  return bytes === undefined || bytes.length === 0 ? undefined : decodeRecord<T>(bytes)
}

export function writeRecord(meta: MetaStore, key: string, value: unknown): Promise<void> {
  return meta.putMeta(key, encodeRecord(value))
}

export function clearRecord(meta: MetaStore, key: string): Promise<void> {
  return meta.putMeta(key, new Uint8Array(0))
}
