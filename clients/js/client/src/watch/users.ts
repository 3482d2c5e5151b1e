import type { Hub, HubError } from '@hubwire/client'

/** A user who is watched. */
export interface Watched {
  readonly user: string
  readonly online: boolean
  readonly sessions: number
  /** Of one who is offline, where the node knows it: Unix ms. */
  readonly last_seen?: number
}

export interface Watch {
  /** As last heard; empty before the first answer. The same map until something changes. */
  readonly users: ReadonlyMap<string, Watched>
  /** Not connected, or not answered yet. */
  readonly stale: boolean
  onChange(handler: (users: ReadonlyMap<string, Watched>) => void): () => void
  /** Ends it. Users that another watch of the hub names are watched on. */
  close(): void
}

/** How many watches of a hub name a user: the node counts a session once. */
const watchers = new WeakMap<Hub, Map<string, number>>()

/**
 * Watches users until it is closed: asked anew on each connection. A refusal is handed to `refused` (default: nothing is
 * done), because the node watches none of them then.
 */
export function watchUsers(hub: Hub, names: Iterable<string>, refused: (error: HubError) => void = () => {}): Watch {
  const wanted = [...new Set(names)]
  const counts = watchers.get(hub) ?? new Map<string, number>()
  watchers.set(hub, counts)
  for (const user of wanted) counts.set(user, (counts.get(user) ?? 0) + 1)
  const handlers = new Set<(users: ReadonlyMap<string, Watched>) => void>()
  let users: ReadonlyMap<string, Watched> = new Map()
  let stale = true
  let over = false

  const told = (found: Watched[]) => {
    const mine = found.filter(({ user }) => wanted.includes(user))
    if (mine.length) users = new Map([...users, ...mine.map((it) => [it.user, it] as const)])
    for (const handler of [...handlers]) handler(users)
  }
  const ask = async () => {
    if (!wanted.length) return
    try {
      const { payload } = await hub.request('@@hub/watch', undefined, { users: wanted })
      stale = false
      told((payload as { users: Watched[] }).users)
    } catch (error) {
      if (!over) refused(error as HubError)
    }
  }
  const undo = [
    hub.on('control', ({ type, payload }) => {
      if (type === '@@hub/presence') told((payload as { users?: Watched[] }).users ?? [])
    }),
    hub.on('state', ({ state, previous }) => {
      if (state === 'connected') ask()
      else if (previous === 'connected') {
        stale = true
        told([])
      }
    }),
  ]
  if (hub.state === 'connected') ask()
  return {
    get users() {
      return users
    },
    get stale() {
      return stale
    },
    onChange(handler) {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    close() {
      if (over) return
      over = true
      undo.forEach((run) => run())
      const left = wanted.filter((user) => {
        const count = (counts.get(user) ?? 1) - 1
        if (count) counts.set(user, count)
        else counts.delete(user)
        return !count
      })
      // a watch ends with its session, too
      if (left.length && hub.state === 'connected') {
        hub.request('@@hub/unwatch', undefined, { users: left }, { attempts: 1 }).catch(() => {})
      }
    },
  }
}
