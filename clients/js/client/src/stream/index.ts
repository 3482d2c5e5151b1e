/** Sessions without WebSockets, for networks that block them. */
import type { WebSocketConstructor, WebSocketLike } from '@hubwire/client'
import { type Fetch, openStream } from './socket.js'

export interface StreamOptions {
  /** Replaces the runtime's WebSocket. */
  webSocket?: WebSocketConstructor
  /** Replaces the runtime's fetch. */
  fetch?: Fetch
  /** Whether to send cookies, as a WebSocket does. Default `include`. */
  credentials?: RequestCredentials
  /** Number of WebSockets in a row without any message before a stream is tried. Default 2; 0: streams only. */
  after?: number
}

/**
 * For the hub's option `webSocket`: a WebSocket while those work, otherwise a stream, which uses JSON. A transport
 * that worked is used for the next connection, too; if it fails, the other one is tried. If the runtime has no
 * WebSocket: streams only.
 */
export function webSocketOrStream(options: StreamOptions = {}): WebSocketConstructor {
  const { credentials = 'include', webSocket = globalThis.WebSocket as WebSocketConstructor | undefined } = options
  const after = webSocket ? (options.after ?? 2) : 0
  const fetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  let silent = 0 // attempts in a row without any message on this transport
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
