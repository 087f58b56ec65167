export { FORGERIES, type Forgery, type ForgeryKind, forge, withPayload } from '../../scripts/fixtures/forgery.ts'
