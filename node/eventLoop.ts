export { giveWay, isTurnOver } from '../execution/eventLoop.ts'
