import type { Hub, Member } from '@hubwire/client'

interface Page {
  users: Member[]
  count?: number
  more?: boolean
}

/** The current members of a channel, an organisation or a team, without joining it. */
export async function membersOf(hub: Hub, address: string): Promise<Member[]> {
  const found: Member[] = []
  for (;;) {
    const after = found[found.length - 1]?.user
    const { payload } = await hub.request('@@hub/presence', address, after === undefined ? undefined : { after })
    const { users, more } = payload as Page
    found.push(...users)
    if (!more || !users.length) return found
  }
}

/** The current number of users in a channel, an organisation or a team; the cost does not depend on it. */
export async function countOf(hub: Hub, address: string): Promise<number> {
  const { payload } = await hub.request('@@hub/presence', address, { count: true })
  return (payload as Page).count ?? 0
}
