/** One JSON-RPC question. What comes back is of any shape; every failure is a RollupError. */
export type L1Request = (method: string, ...params: unknown[]) => Promise<unknown>
