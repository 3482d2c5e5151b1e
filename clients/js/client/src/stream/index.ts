/** Sessions without WebSockets, for where something between the page and the node blocks them. */
import type { WebSocketConstructor, WebSocketLike } from '@hubwire/client'
import { type Fetch, openStream } from './socket.js'

export interface StreamOptions {
  /** Instead of the runtime's WebSocket. */
  webSocket?: WebSocketConstructor
  /** Instead of the runtime's fetch. */
  fetch?: Fetch
  /** Whether cookies go along, as on a socket. Default `include`. */
  credentials?: RequestCredentials
  /** WebSockets in a row on which nothing was heard before a stream is tried. Default 2; 0: streams only. */
  after?: number
}

/**
 * For the hub's option `webSocket`: a WebSocket while those work, else a stream, which speaks JSON. What worked is used
 * for the next connection, too; when that brings nothing either, the other way is tried. Where the runtime has no
 * WebSocket: streams only.
 */
export function webSocketOrStream(options: StreamOptions = {}): WebSocketConstructor {
  const { credentials = 'include', webSocket = globalThis.WebSocket as WebSocketConstructor | undefined } = options
  const after = webSocket ? (options.after ?? 2) : 0
  const fetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  let silent = 0 // attempts in a row on which nothing was heard, this way
  let streams = false
  const heard = () => {
    silent = 0
  }

  return function dial(url: string, protocols?: string[]): WebSocketLike {
    if (after && silent >= after) {
      streams = !streams
      silent = 0
    }
    silent++
    if (streams || !webSocket || !after) return openStream(url, fetch, credentials, heard)
    const socket = new webSocket(url, protocols)
    ;(socket as Partial<EventTarget>).addEventListener?.('message', heard)
    return socket
  } as unknown as WebSocketConstructor
}
