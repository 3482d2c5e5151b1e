import type { Hub, HubError, Member } from '@hubwire/client'
import { membersOf } from './members.js'

export interface OrgWatch {
  /** As last heard; of a crowd nobody. The same map until something changes. */
  readonly members: ReadonlyMap<string, Member>
  /** How many there are, also of a crowd. */
  readonly count: number
  /** Not connected, or not answered yet. */
  readonly stale: boolean
  onChange(handler: (members: ReadonlyMap<string, Member>) => void): () => void
  /** Ends it. An organisation that another watch of the hub names is watched on. */
  close(): void
}

interface Told {
  users?: string[]
  members?: Omit<Member, 'sessions'>[]
  count?: number
  version?: number
}

/** How many watches of a hub name an organisation: the node counts a session once. */
const watchers = new WeakMap<Hub, Map<string, number>>()

/**
 * Watches who is in an organisation until it is closed: asked anew on each connection. Needs the right `presence` there,
 * and a node that keeps it (feature `org_presence`); a refusal is handed to `refused`.
 */
export function watchOrg(hub: Hub, org: string, refused: (error: HubError) => void = () => {}): OrgWatch {
  const address = `org:${org}`
  const counts = watchers.get(hub) ?? new Map<string, number>()
  watchers.set(hub, counts)
  counts.set(org, (counts.get(org) ?? 0) + 1)
  const handlers = new Set<(members: ReadonlyMap<string, Member>) => void>()
  let members: ReadonlyMap<string, Member> = new Map()
  let count = 0
  let stale = true
  let over = false
  let asked = 0 // times; only the last answer counts
  let pushed: ((list: Map<string, Member>) => void)[] | undefined // while the list is on its way: newer than it

  const show = (next: ReadonlyMap<string, Member>, size = next.size) => {
    members = next
    count = size
    for (const handler of [...handlers]) handler(members)
  }
  const ask = async () => {
    const mine = ++asked
    pushed = []
    try {
      // watched first: who comes while the list is on its way is pushed
      await hub.request('@@hub/watch', undefined, { orgs: [org] })
      const list = new Map((await membersOf(hub, address)).map((member) => [member.user, member] as const))
      if (over || mine !== asked) return
      for (const push of pushed ?? []) push(list)
      pushed = undefined
      stale = false
      show(list)
    } catch (error) {
      if (!over && mine === asked) refused(error as HubError)
    }
  }
  const change =
    (type: string, { users = [], members: named, count: size }: Told) =>
    (list: Map<string, Member>) => {
      if (type === '@@hub/left') for (const user of users) list.delete(user)
      if (type === '@@hub/joined') for (const user of users) list.set(user, { sessions: 1, ...list.get(user), user })
      if (type !== '@@hub/changed') return
      if (!named || named.length === size) list.clear() // a crowd, which is not named; or everybody again
      for (const member of named ?? [])
        list.set(member.user, { sessions: list.get(member.user)?.sessions ?? 1, ...member })
    }
  const undo = [
    hub.on('control', ({ type, payload, meta }) => {
      if (meta?.hub?.to !== address) return
      const told = (payload ?? {}) as Told
      const push = change(type, told)
      if (pushed) return void pushed.push(push)
      const list = new Map(members)
      push(list)
      show(list, told.count)
    }),
    hub.on('state', ({ state, previous }) => {
      if (state === 'connected') ask()
      else if (previous === 'connected') {
        asked++
        stale = true
        show(members, count)
      }
    }),
  ]
  if (hub.state === 'connected') ask()
  return {
    get members() {
      return members
    },
    get count() {
      return count
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
      const left = (counts.get(org) ?? 1) - 1
      counts.set(org, left)
      // a watch ends with its session, too
      if (!left && hub.state === 'connected') {
        hub.request('@@hub/unwatch', undefined, { orgs: [org] }, { attempts: 1 }).catch(() => {})
      }
    },
  }
}
