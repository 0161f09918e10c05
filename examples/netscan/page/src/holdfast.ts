// The client as a page imports it; an app of your own says 'holdfast/client' here. From source, so that the example runs before any build.
export { connect, type Replica } from '../../../../src/client.ts'
