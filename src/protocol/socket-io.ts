/**
 * Requests and answers over Socket.IO, as arguments of one event.
 *
 *   client → server   [id, address]           asks for an address below the mount
 *                     [id, address, body]     calls; the body is that of a POST
 *                     [id]                    wants the answer no more
 *   server → client   [id, status, headers]   the answer begins
 *                     [id, text]              goes on; with the id 0 it is of the stream that began last
 *                     [id]                    was that
 *
 * Ids are the client's, whole numbers from 1, each used once in a connection. A connection has one stream at a time, so that the messages of a stream are the
 * same for all who follow it, and are made once.
 */

export const socketEvent = 'holdfast'

/** The id of what is said to a stream. */
export const streamId = 0
