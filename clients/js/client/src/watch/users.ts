import type { Hub, HubError, Profile } from '@hubwire/client'
import { type Change, follow, type Live } from '../live.js'
import { sharesOf } from '../shares.js'

/** A watched user. */
export interface Watched {
  readonly user: string
  readonly online: boolean
  readonly sessions: number
  /** Absent for a user without one. */
  readonly profile?: Profile
  /** For a user who is offline: when it was last online, if the node knows, Unix milliseconds. */
  readonly last_seen?: number
}

type Users = ReadonlyMap<string, Watched>

/** After it is closed, users that another watch of the hub names stay watched. */
export interface Watch extends Live<Users> {
  /** The same as `value`; empty before the first answer. */
  readonly users: Users
}

const sharesIn = sharesOf()

/**
 * Watches users until it is closed; renewed on each connection. `refused` is called with a refusal, and the
 * watch keeps it: one user that the client may not ask about is enough, and the node then watches none of them.
 */
export function watchUsers(hub: Hub, names: Iterable<string>, refused?: (error: HubError) => void): Watch {
  const wanted = new Set(names)
  const shares = sharesIn(hub)
  shares.take(wanted)
  const told = (found: Watched[]) => (before: Users) => {
    const mine = found.filter(({ user }) => wanted.has(user))
    return mine.length ? new Map([...before, ...mine.map((it) => [it.user, it] as const)]) : before
  }
  let heard: (change: Change<Users>) => void = () => {}
  const live = follow<Users>(
    hub,
    {
      first: new Map(),
      async ask() {
        let left = [...wanted]
        let first: Users = new Map()
        while (left.length) {
          const { payload } = await hub.request('@@hub/watch', undefined, { users: left })
          const { users, more } = payload as { users: Watched[]; more?: boolean }
          // what follows the first part takes its turn among the pushes
          if (left.length === wanted.size) first = told(users)(first)
          else heard(told(users))
          const named = new Set(users.map(({ user }) => user))
          left = more && named.size ? left.filter((user) => !named.has(user)) : []
        }
        return first
      },
      listen: (push) => {
        heard = push
        return hub.on('control', ({ type, payload }) => {
          if (type === '@@hub/presence') push(told((payload as { users?: Watched[] }).users ?? []))
        })
      },
      closed(connected) {
        const users = shares.give(wanted)
        if (!connected || !users.length) return
        hub.request('@@hub/unwatch', undefined, { users }, { attempts: 1 }).catch(() => {})
      },
    },
    refused,
  )
  return {
    get users() {
      return live.value
    },
    get value() {
      return live.value
    },
    get stale() {
      return live.stale
    },
    get refused() {
      return live.refused
    },
    onChange: live.onChange,
    refresh: live.refresh,
    close: live.close,
  }
}
