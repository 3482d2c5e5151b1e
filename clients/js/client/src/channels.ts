import type { Action, Delivered } from './action.js'
import { jitter } from './backoff.js'
import type { Environment } from './environment.js'
import { HubError } from './errors.js'
import { type Member, Presence } from './presence.js'
import type { Streams } from './streams.js'
import type { ChannelOptions, MemberState, Snapshot, Welcome } from './types.js'

/** One channel of this client, shared by its handles. */
export interface Room {
  readonly address: string
  options: ChannelOptions
  /** Number of handles; at 0 the channel is left. */
  taken: number
  /** Whether it is joined on this connection. */
  inside: boolean
  refused: boolean
  /** The user's state in the channel, set again on every connection. */
  state: MemberState | null | undefined
  /** The stored snapshot, as of the last join that requested it. */
  snapshot?: Snapshot | null
  readonly presence: Presence
  joined: Promise<void>
  settle: { resolve(): void; reject(error: HubError): void }
}

/** Joins and leaves the channels that the application has handles of. */
export interface Channels {
  take(address: string, options: ChannelOptions): Room
  release(room: Room): void
  show(room: Room, state: MemberState | null): void
  view(address: string | null, options: ChannelOptions): Room | null
  welcomed(welcome: Welcome): void
  lost(): void
  /**
   * Handles a push about other users in a channel, or about this user's rights. `false`: it is about none of these
   * channels.
   */
  told(type: string, to: string, payload: Told): boolean
  /** Publications of its stream are lost: a channel with a snapshot starts again. */
  missed(to: string): void
  /** The user gained rights: repeats joins that were refused. */
  retry(): void
  close(error: HubError): void
}

export interface Told {
  users?: string[]
  members?: PresentMember[]
  count?: number
  reason?: string
}

/** Only `@@hub/presence` states the number of sessions. */
type PresentMember = Omit<Member, 'sessions'> & { sessions?: number }

interface Joined {
  pos: string
  recovered?: boolean
  top?: string
  members?: PresentMember[]
  recent?: Delivered<Action>[]
  snapshot?: Snapshot | null
}

export interface ChannelPorts {
  environment: Environment
  streams: Streams
  user(): string | undefined
  connected(): boolean
  ask(type: string, to?: string, payload?: unknown, answered?: (answer: Action) => void): Promise<Action>
  gap(stream: string, pos: string, cause: 'not_recovered'): void
  deliver(action: Delivered<Action>): void
  stepped(): void
  thrown(error: unknown): void
}

export function createChannels(ports: ChannelPorts): Channels {
  const { environment, streams, ask } = ports
  const rooms = new Map<string, Room>()
  let viewed: Room | undefined
  let viewedByNode: Room | undefined // the channel that the node leaves when another view opens
  let tellsMembers = false
  let showsState = false
  let can: (feature: string) => boolean = () => false
  let epoch = 0 // number of the connection

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
    joined.catch(() => {}) // also emitted as `error`
    return { joined, settle }
  }

  const hasSnapshot = ({ options }: Room) => !!options.snapshot && can('snapshots')

  const payloadOf = (room: Room, token: unknown): unknown => {
    const { presence: follows = true, start, recent } = room.options
    const from = start === 'beginning' ? { from: 'oldest' } : start === 'cursor' ? null : start
    const pos = streams.position(room.address) ?? (from === 'now' ? undefined : from)
    const fresh = pos === undefined
    // JSON omits undefined values
    return {
      pos,
      presence: follows ? (room.state && showsState ? { state: room.state } : undefined) : false,
      snapshot: (fresh && hasSnapshot(room)) || undefined,
      recent: fresh && !hasSnapshot(room) && can('recent') ? recent : undefined,
      token,
    }
  }

  async function enter(room: Room, type = '@@hub/join') {
    if (!ports.connected()) return
    const mine = epoch
    const current = () => mine === epoch && rooms.get(room.address) === room
    const { token } = room.options
    const follows = room.options.presence !== false
    room.inside = true
    room.refused = false
    streams.gate(room.address)
    if (follows) room.presence.expect()
    try {
      let members: Member[] | undefined
      const shown = typeof token === 'function' ? await token() : token
      if (!current()) return
      await ask(type, room.address, payloadOf(room, shown), (answer) => {
        if (current()) members = joined(room, answer.payload as Joined)
      })
      if (!current() || !follows) return
      // requested after the answer: later joins are pushed, so that no member is missed
      const found = members && tellsMembers ? members : await everybody(room)
      if (current()) list(room, found)
    } catch (cause) {
      if (!current()) return
      if (cause instanceof HubError) return refused(room, cause, type)
      ports.thrown(cause) // the application's, when it was asked for a token
      refused(room, new HubError('failed', String(cause), { retry: true }), type)
    }
  }

  /** Reads all pages; a node without pagination sends no `more`. */
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

  /** Publications received right after this answer already count. */
  function joined(room: Room, { pos, recovered, top, members, recent, snapshot }: Joined): Member[] | undefined {
    const { address } = room
    if (snapshot !== undefined) room.snapshot = snapshot
    if (recent?.length) {
      streams.answer(address, '0-0', pos)
      for (const action of recent) ports.deliver(action)
    }
    streams.answer(address, pos, top)
    const begins = recovered === false && snapshot === undefined && renew(room)
    if (recovered === false) ports.gap(address, pos, 'not_recovered')
    if (!begins) room.settle.resolve()
    ports.stepped()
    return members?.map(counted)
  }

  /** Starts a channel with a snapshot again with a new one. */
  function renew(room: Room): boolean {
    const has = hasSnapshot(room)
    if (has) {
      Object.assign(room, promised())
      streams.forget(room.address)
      enter(room)
    }
    return has
  }

  function list(room: Room, members: Member[]) {
    const user = ports.user()
    const there = members.some((member) => member.user === user)
    room.presence.list(there || user === undefined ? members : [...members, { user, sessions: 1 }])
  }

  /** Users who joined by id, users who changed as objects; a member without `state` has none. */
  function told({ presence }: Room, who: (string | PresentMember)[]) {
    const here: Member[] = []
    for (const one of who) {
      const member = typeof one === 'string' ? { user: one } : one
      const sessions = presence.get(member.user)?.sessions || 1
      if (typeof one !== 'string' || !presence.get(one)?.sessions) here.push({ sessions, ...member })
    }
    presence.push(here, [])
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
      else if (known.refused) enter(Object.assign(known, { options })) // the options may contain a new token
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
      // in one step, unless other handles need the channel that the node would leave
      const ends = before && before.taken <= 1 ? before : undefined
      const atOnce = !known && (!viewedByNode || viewedByNode === ends)
      if (atOnce && ends && ends === viewedByNode) drop(ends)
      else if (before) release(before)
      if (atOnce) viewedByNode = room
      if (!known) enter(room, atOnce ? '@@hub/view' : '@@hub/join')
      return room
    },
    welcomed({ features }) {
      can = (feature) => features.includes(feature)
      showsState = can('presence_state')
      tellsMembers = showsState || can('members')
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
    missed(to) {
      const room = rooms.get(to)
      if (room) renew(room)
    },
    told(type, to, { users = [], members, count, reason }) {
      const room = rooms.get(to)
      if (!room) return false
      const me = ports.user()
      if (type === '@@hub/left' && reason !== undefined && me !== undefined && users.includes(me)) {
        const expired = reason === 'expired'
        if (expired && typeof room.options.token === 'function') enter(room)
        else refused(room, new HubError(expired ? 'token_expired' : 'forbidden', `taken out: ${reason}`), '@@hub/join')
      } else if (type === '@@hub/left') room.presence.push([], users)
      else if (type === '@@hub/changed' && members?.length === count && members) {
        list(room, members.map(counted)) // a large channel is listed again: these are all members
      } else told(room, members ?? users)
      return true
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
