// The client as a page imports it; an app of your own says 'holdfast/client' and 'holdfast/client/tabs' here. From source, so that the example runs before
// any build.
export { connect, type Replica } from '../../../../src/client.ts'
export { tabs } from '../../../../src/client-tabs.ts'
