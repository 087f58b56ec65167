import type { Logger } from '../../node/types.ts'

/** For benches that print figures and nothing else. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger }
