import { numberOrQuantity } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { described, type Parse } from '../params.ts'

const MAX_PAGE_SIZE = 25

/** Items on a page, as many as Otterscan ever asks for. */
export const pageSize: Parse<number> = described(
  { type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE },
  (value, path) => {
    const size = numberOrQuantity(value, path)
    if (size < 1 || size > MAX_PAGE_SIZE) throw invalidParams(path, `expected 1 to ${MAX_PAGE_SIZE}, got ${size}`)
    return size
  },
)
