/** For programs: `connect({ url, through: proven(token) })`, where the token is sent to no server that does not know it. */
export { proven, type ProvenOptions } from './client/token/proven.ts'
