/** `reenact/ethers`: native rollups for ethers 6. */
export { AccountRequiredError } from './errors.ts'
