import { HubError } from './errors.js'

/** The part of the WebSocket interface that is used: those of browsers, `ws` and `undici` conform to it. */
export interface WebSocketLike {
  binaryType: string
  // biome-ignore lint/suspicious/noExplicitAny: each implementation has event types of its own
  onopen: ((event: any) => any) | null
  // biome-ignore lint/suspicious/noExplicitAny: as above
  onmessage: ((event: any) => any) | null
  // biome-ignore lint/suspicious/noExplicitAny: as above
  onclose: ((event: any) => any) | null
  // biome-ignore lint/suspicious/noExplicitAny: as above
  onerror: ((event: any) => any) | null
  // biome-ignore lint/suspicious/noExplicitAny: as above
  send(data: any): void
  close(code?: number, reason?: string): void
}

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike

/** The given constructor, or the runtime's own. */
export function webSocketOf(given?: WebSocketConstructor): WebSocketConstructor {
  const found = given ?? (globalThis as { WebSocket?: unknown }).WebSocket
  if (!found) {
    throw new HubError(
      'failed',
      'this runtime has no WebSocket: pass the option `webSocket`, e.g. the default export of `ws` or WebSocket of `undici`',
    )
  }
  return found as WebSocketConstructor
}
