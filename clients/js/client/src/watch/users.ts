import type { Hub, HubError, Profile } from '@hubwire/client'
import { follow, type Live } from '../live.js'
import { sharesOf } from '../shares.js'

/** A user who is watched. */
export interface Watched {
  readonly user: string
  readonly online: boolean
  readonly sessions: number
  /** Where it has one. */
  readonly profile?: Profile
  /** Of one who is offline, where the node knows it: Unix ms. */
  readonly last_seen?: number
}

type Users = ReadonlyMap<string, Watched>

/** Closed, users that another watch of the hub names are watched on. */
export interface Watch extends Live<Users> {
  /** The `value`; empty before the first answer. */
  readonly users: Users
}

const sharesIn = sharesOf()

/**
 * Watches users until it is closed: asked anew on each connection. A refusal is handed to `refused` (default: nothing is
 * done), because the node watches none of them then.
 */
export function watchUsers(hub: Hub, names: Iterable<string>, refused?: (error: HubError) => void): Watch {
  const wanted = new Set(names)
  const shares = sharesIn(hub)
  shares.take(wanted)
  const told = (found: Watched[]) => (before: Users) => {
    const mine = found.filter(({ user }) => wanted.has(user))
    return mine.length ? new Map([...before, ...mine.map((it) => [it.user, it] as const)]) : before
  }
  const live = follow<Users>(
    hub,
    {
      first: new Map(),
      async ask() {
        if (!wanted.size) return new Map()
        const { payload } = await hub.request('@@hub/watch', undefined, { users: [...wanted] })
        return told((payload as { users: Watched[] }).users)(new Map())
      },
      listen: (push) =>
        hub.on('control', ({ type, payload }) => {
          if (type === '@@hub/presence') push(told((payload as { users?: Watched[] }).users ?? []))
        }),
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
    onChange: live.onChange,
    refresh: live.refresh,
    close: live.close,
  }
}
