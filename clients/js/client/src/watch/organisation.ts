import type { Hub, HubError, Member } from '@hubwire/client'
import { follow } from '../live.js'
import { sharesOf } from '../shares.js'
import { membersOf } from './members.js'

export interface OrgWatch {
  /** The members last reported; empty if there are too many to be listed. The same map until something changes. */
  readonly members: ReadonlyMap<string, Member>
  /** Their number, even if they are not listed. */
  readonly count: number
  /** Whether this may be outdated: not connected, or not answered yet. */
  readonly stale: boolean
  /** The refusal of the last request, until a later one is answered. */
  readonly refused: HubError | undefined
  onChange(handler: (members: ReadonlyMap<string, Member>) => void): () => void
  /** Ends the watch. The organisation stays watched if another watch of the hub names it. */
  close(): void
}

interface Told {
  users?: string[]
  members?: Omit<Member, 'sessions'>[]
  count?: number
}

interface There {
  members: ReadonlyMap<string, Member>
  count: number
}

const sharesIn = sharesOf()

/**
 * Watches who is online in an organisation until it is closed; renewed on each connection. Requires the right
 * `presence` there, and a node that tracks it (feature `org_presence`); `refused` is called with a refusal.
 */
export function watchOrg(hub: Hub, org: string, refused?: (error: HubError) => void): OrgWatch {
  const address = `org:${org}`
  const shares = sharesIn(hub)
  shares.take([org])
  const live = follow<There>(
    hub,
    {
      first: { members: new Map(), count: 0 },
      async ask() {
        // watch first: users who come while the list is on its way are pushed
        await hub.request('@@hub/watch', undefined, { orgs: [org] })
        return there(new Map((await membersOf(hub, address)).map((member) => [member.user, member] as const)))
      },
      listen: (push) =>
        hub.on('control', ({ type, payload, meta }) => {
          if (meta?.hub?.to === address) push(({ members }) => changed(members, type, (payload ?? {}) as Told))
        }),
      closed(connected) {
        if (!shares.give([org]).length || !connected) return
        hub.request('@@hub/unwatch', undefined, { orgs: [org] }, { attempts: 1 }).catch(() => {})
      },
    },
    refused,
  )
  return {
    get members() {
      return live.value.members
    },
    get count() {
      return live.value.count
    },
    get stale() {
      return live.stale
    },
    get refused() {
      return live.refused
    },
    onChange: (handler) => live.onChange(({ members }) => handler(members)),
    close: live.close,
  }
}

const there = (members: ReadonlyMap<string, Member>, count = members.size): There => ({ members, count })

function changed(
  before: ReadonlyMap<string, Member>,
  type: string,
  { users = [], members: named, count }: Told,
): There {
  const list = new Map(before)
  if (type === '@@hub/left') for (const user of users) list.delete(user)
  if (type === '@@hub/joined') for (const user of users) list.set(user, { sessions: 1, ...list.get(user), user })
  if (type === '@@hub/changed') {
    if (!named || named.length === count) list.clear() // too many members to be listed, or a complete list
    for (const member of named ?? [])
      list.set(member.user, { sessions: list.get(member.user)?.sessions ?? 1, ...member })
  }
  return there(list, count)
}
