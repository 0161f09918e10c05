/** What can carry the page; `auto` takes the first that comes through. */
export const transports = ['auto', 'sse', 'websocket', 'long-poll', 'poll', 'socket.io'] as const
export type PageTransport = (typeof transports)[number]
