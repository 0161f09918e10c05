/** Holdfast's network side: a store served to pages, processes and tools. */
export { action, type Action, type ActionRequest, type Actions, refuseAction } from './server/actions.ts'
export { artifactAddress, type ArtifactReply, artifactResponse } from './server/artifact-response.ts'
export type { SignInAs } from './server/gate/sign-in.ts'
export type { WebSocketServerClass } from './server/web-socket/web-socket-class.ts'
export type { Grant, KindGrant } from './server/views/grant.ts'
export { createHandler, type HandlerOfStore, type HandlerOptions } from './server/create-handler.ts'
export { type HeldPort, listenOnFreePort, type PortRange } from './server/listen.ts'
export { type HoldfastServer, serve, type ServeOptions } from './server/serve.ts'
