/** One connection for all tabs of an origin: `connect({ url, share: tabs })`. */
export { tabs } from './client/tabs/tabs.ts'
