/**
 * The feed over a WebSocket: the address and the messages of server-sent events, each text message holding one or several of these whole.
 *
 * Clients offer the subprotocol, and programs without a cookie their token beside it: `['holdfast.1', 'bearer.TOKEN']`.
 */

/** The subprotocol that is agreed on; named after the protocol's version. */
export const webSocketProtocol = 'holdfast.1'

/** What stands before a token among the offered subprotocols. */
export const tokenProtocolPrefix = 'bearer.'
