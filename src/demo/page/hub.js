// The connection of this page: one hub, and what the bar shows of it.
import { createFrames } from './frames.js'
import { createHub, json, msgpack } from './hubwire.js'
import { createStore } from './store.js'

const PING_EVERY_MS = 5_000
/** Edits made offline wait for this long. */
const QUEUE_TTL_MS = 600_000

/** `ticketOf` or `token` says who this is. */
export function openHub({ ticketOf, token, codec }) {
  const frames = createFrames()
  const link = createStore({ state: 'idle', node: '', session: '', codec, rttMs: undefined, retryAt: undefined })
  const online = (credential) => () => {
    if (frames.offline) throw new Error('offline, as you wished')
    return credential()
  }
  const hub = createHub({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`,
    ...(token ? { getToken: online(() => token) } : { getTicket: online(ticketOf) }),
    codec: codec === 'MessagePack' ? msgpack : json,
    webSocket: frames.socket,
    queue: { ttlMs: QUEUE_TTL_MS },
    autoCommit: false, // the inbox commits what was read
  })

  async function ping() {
    if (hub.state !== 'connected') return
    const start = performance.now()
    try {
      await hub.request('@@hub/ping')
      link.set({ rttMs: performance.now() - start })
    } catch {
      // the hub was closed meanwhile
    }
  }

  hub.on('state', ({ state, retryInMs, error }) => {
    const retryAt = retryInMs === undefined ? undefined : performance.now() + retryInMs
    link.set({ state, retryAt, error: error?.message })
    if (state !== 'connected') return
    const { node, session, user } = hub.welcome
    link.set({ node, session, user, error: undefined })
    ping()
  })
  const pings = setInterval(ping, PING_EVERY_MS)
  const orgs = createStore({ orgs: [], memberships: {} })
  const belong = () =>
    orgs.set({ orgs: hub.orgs.filter((org) => org !== 'system'), memberships: hub.memberships ?? {} })
  hub.on('synced', belong)
  hub.on('orgs', belong)

  return {
    hub,
    link,
    frames,
    orgs,
    setOffline(offline) {
      frames.setOffline(offline)
      if (!offline) hub.reconnect()
    },
    close() {
      clearInterval(pings)
      hub.close({ flushMs: 2_000 })
    },
  }
}
