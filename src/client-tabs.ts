/** One connection for all tabs of an origin: `connect({ url, through: tabs })`. */
export { tabs } from './client/tabs/tabs.ts'
