import { createHub, type Hub, type HubOptions } from '@hubwire/client'
import { afterEach } from 'vitest'
import WebSocket from 'ws'
import { tokenFor } from '../../testing/node.js'

const open: Hub[] = []
afterEach(() => Promise.all(open.splice(0).map((hub) => hub.close())))

/** A hub of a user, closed after the test. It reconnects quickly, to keep tests fast. */
export function hubOf(url: string, user: string, options: Partial<HubOptions> = {}): Hub {
  const hub = createHub({
    url,
    getToken: () => tokenFor(user, { acme: { roles: ['admin'], teams: ['ops'] } }),
    webSocket: WebSocket,
    reconnect: { baseMs: 20, capMs: 200 },
    ...options,
  })
  open.push(hub)
  return hub
}

/** The payloads that a hub received, as numbers or strings. */
export function collect<T>(subscribe: (handler: (action: { payload?: unknown }) => void) => unknown): T[] {
  const seen: T[] = []
  subscribe((action) => seen.push(action.payload as T))
  return seen
}

export const numbers = (length: number, first = 0): number[] => Array.from({ length }, (_, n) => first + n)
