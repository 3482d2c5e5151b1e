import type { Hub, Member } from '@hubwire/client'

interface Page {
  users: Member[]
  count?: number
  more?: boolean
}

/** Who is in a channel, an organisation or a team now, without joining it. */
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

/** How many users are in a channel, an organisation or a team now, at the same cost whatever their number. */
export async function countOf(hub: Hub, address: string): Promise<number> {
  const { payload } = await hub.request('@@hub/presence', address, { count: true })
  return (payload as Page).count ?? 0
}
