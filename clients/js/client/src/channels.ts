import type { Action } from './action.js'
import { jitter } from './backoff.js'
import type { Environment } from './environment.js'
import { HubError } from './errors.js'
import { type Member, Presence } from './presence.js'
import type { Streams } from './streams.js'
import type { ChannelOptions, MemberState, Welcome } from './types.js'

/** One channel of this client, however many took it. */
export interface Room {
  readonly address: string
  readonly options: ChannelOptions
  /** How many took it; left at 0. */
  taken: number
  /** On this connection. */
  inside: boolean
  refused: boolean
  /** What this client shows there, on every connection anew. */
  state: MemberState | null | undefined
  readonly presence: Presence
  joined: Promise<void>
  settle: { resolve(): void; reject(error: HubError): void }
}

/** The channels the application wants to be in, and being in them. */
export interface Channels {
  take(address: string, options: ChannelOptions): Room
  release(room: Room): void
  show(room: Room, state: MemberState | null): void
  view(address: string | null, options: ChannelOptions): Room | null
  welcomed(welcome: Welcome): void
  lost(): void
  /** A push about others in a channel, or about one's own rights. */
  told(type: string, to: string, payload: Told): void
  /** Rights were gained: what was refused is asked again. */
  retry(): void
  close(error: HubError): void
}

export interface Told {
  users?: string[]
  members?: PresentMember[]
  count?: number
  reason?: string
}

/** How many sessions is said by `@@hub/presence` only. */
type PresentMember = Omit<Member, 'sessions'> & { sessions?: number }

interface Joined {
  pos: string
  recovered?: boolean
  top?: string
  members?: PresentMember[]
}

export interface ChannelPorts {
  environment: Environment
  streams: Streams
  user(): string | undefined
  connected(): boolean
  ask(type: string, to?: string, payload?: unknown, answered?: (answer: Action) => void): Promise<Action>
  gap(stream: string, pos: string, cause: 'not_recovered'): void
  stepped(): void
  thrown(error: unknown): void
}

export function createChannels(ports: ChannelPorts): Channels {
  const { environment, streams, ask } = ports
  const rooms = new Map<string, Room>()
  let viewed: Room | undefined
  let viewedByNode: Room | undefined // what the node will leave when another view opens
  let tellsMembers = false
  let showsState = false
  let epoch = 0 // of the connection

  function create(address: string, options: ChannelOptions): Room {
    const { state } = options
    const room = { address, options, state, taken: 0, inside: false, refused: false }
    const full = { ...room, presence: new Presence(ports.thrown), ...promised() }
    rooms.set(address, full)
    return full
  }

  function promised(): Pick<Room, 'joined' | 'settle'> {
    let settle!: Room['settle']
    const joined = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    joined.catch(() => {}) // also told as `error`
    return { joined, settle }
  }

  const payloadOf = ({ address, state, options: { presence: follows = true, start } }: Room): unknown => {
    const from = start === 'beginning' ? { from: 'oldest' } : start === 'cursor' ? null : start
    const pos = streams.position(address) ?? (from === 'now' ? undefined : from)
    const presence = follows ? (state && showsState ? { state } : undefined) : false
    return pos === undefined && presence === undefined ? undefined : { pos, presence } // JSON leaves out what is undefined
  }

  async function enter(room: Room, type = '@@hub/join') {
    if (!ports.connected()) return
    const mine = epoch
    const current = () => mine === epoch && rooms.get(room.address) === room
    const payload = payloadOf(room)
    const follows = room.options.presence !== false
    room.inside = true
    room.refused = false
    streams.gate(room.address)
    if (follows) room.presence.expect()
    try {
      let members: Member[] | undefined
      await ask(type, room.address, payload, (answer) => {
        if (current()) members = joined(room, answer.payload as Joined)
      })
      if (!current() || !follows) return
      // asked after the answer: who joins from now on is pushed, so that nobody falls between
      const found = members && tellsMembers ? members : await everybody(room)
      if (current()) list(room, found)
    } catch (error) {
      if (current()) refused(room, error as HubError, type)
    }
  }

  /** Page by page; a node without pages has no `more`. */
  async function everybody({ address }: Room): Promise<Member[]> {
    const found: Member[] = []
    for (;;) {
      const after = found[found.length - 1]?.user
      const { payload } = await ask('@@hub/presence', address, after === undefined ? undefined : { after })
      const { users, more } = payload as { users: Member[]; more?: boolean }
      found.push(...users.map(counted))
      if (!more || !users.length) return found
    }
  }

  /** What follows this answer in the same breath already counts. */
  function joined(room: Room, { pos, recovered, top, members }: Joined): Member[] | undefined {
    streams.answer(room.address, pos, top)
    if (recovered === false) ports.gap(room.address, pos, 'not_recovered')
    room.settle.resolve()
    ports.stepped()
    return members?.map(counted)
  }

  function list(room: Room, members: Member[]) {
    const user = ports.user()
    const there = members.some((member) => member.user === user)
    room.presence.list(there || user === undefined ? members : [...members, { user, sessions: 1 }])
  }

  function refused(room: Room, error: HubError, type: string) {
    if (error.retry) {
      const mine = epoch
      const wait = Math.max(error.retryAfterMs ?? 0, jitter(environment.random, 1_000, 1_000, 0))
      environment.setTimeout(() => mine === epoch && rooms.get(room.address) === room && enter(room, type), wait)
      return
    }
    room.inside = false
    room.refused = true
    streams.forget(room.address)
    room.presence.lost()
    room.settle.reject(error)
    Object.assign(room, promised())
    ports.thrown(new HubError(error.code, `${room.address}: ${error.message}`))
    ports.stepped()
  }

  function drop(room: Room): boolean {
    rooms.delete(room.address)
    streams.forget(room.address)
    room.presence.lost()
    room.settle.reject(new HubError('cancelled', 'left before it was joined'))
    return room.inside
  }

  function leave(room: Room) {
    if (!drop(room) || !ports.connected()) return
    const isView = viewedByNode === room
    if (isView) viewedByNode = undefined
    ask(isView ? '@@hub/view' : '@@hub/leave', isView ? undefined : room.address).catch(() => {})
  }

  function release(room: Room) {
    if (rooms.get(room.address) === room && --room.taken <= 0) leave(room)
  }

  function show(room: Room, state: MemberState | null) {
    room.state = state
    if (room.inside && showsState && ports.connected()) ask('@@hub/state', room.address, { state }).catch(ports.thrown)
  }

  return {
    show,
    take(address, options) {
      const known = rooms.get(address)
      const room = known ?? create(address, options)
      room.taken++
      if (!known) enter(room)
      return room
    },
    release,
    view(address, options) {
      const before = viewed
      if (before?.address === address) return before ?? null
      viewed = undefined
      if (address === null) {
        if (before) release(before)
        return null
      }
      const known = rooms.get(address)
      const room = known ?? create(address, options)
      viewed = room
      room.taken++
      // one step, unless others of this client still need the channel that the node would leave
      const ends = before && before.taken <= 1 ? before : undefined
      const atOnce = !known && (!viewedByNode || viewedByNode === ends)
      if (atOnce && ends && ends === viewedByNode) drop(ends)
      else if (before) release(before)
      if (atOnce) viewedByNode = room
      if (!known) enter(room, atOnce ? '@@hub/view' : '@@hub/join')
      return room
    },
    welcomed({ features }) {
      showsState = features.includes('presence_state')
      tellsMembers = showsState || features.includes('members')
      for (const room of rooms.values()) {
        if (room === viewed) viewedByNode = room
        enter(room, room === viewed ? '@@hub/view' : '@@hub/join')
      }
    },
    lost() {
      epoch++
      viewedByNode = undefined
      for (const room of rooms.values()) {
        room.inside = false
        room.presence.lost()
      }
    },
    told(type, to, { users = [], members, count, reason }) {
      const room = rooms.get(to)
      if (!room) return
      const me = ports.user()
      if (type === '@@hub/left' && reason !== undefined && me !== undefined && users.includes(me)) {
        return refused(room, new HubError('forbidden', 'no longer allowed'), '@@hub/join')
      }
      if (type === '@@hub/left') return room.presence.push([], users)
      if (type !== '@@hub/joined' && type !== '@@hub/changed') return
      // a crowd that is named again: these are all
      if (type === '@@hub/changed' && members?.length === count && members) return list(room, members.map(counted))
      const known = (user: string) => room.presence.get(user)
      const fresh = (user: string) => !known(user)?.sessions
      const told: PresentMember[] = members ?? users.filter(fresh).map((user) => ({ user }))
      // a member is told whole: one without a state shows nothing
      room.presence.push(
        told.map((member) => ({ sessions: known(member.user)?.sessions || 1, ...member })),
        [],
      )
    },
    retry() {
      for (const room of rooms.values()) if (room.refused) enter(room)
    },
    close(error) {
      for (const room of rooms.values()) {
        drop(room)
        room.settle.reject(error)
      }
    },
  }
}

function counted(member: PresentMember): Member {
  return { sessions: 1, ...member }
}
