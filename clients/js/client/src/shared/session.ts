import type { Ack, Action, Channel, Delivered, Hub, HubError, MemberState } from '@hubwire/client'
import { before, type Recent, sequence } from './recent.js'
import { createWatches, type Watched } from './watches.js'

/** One tab, from the view of the holder of the socket. */
export interface Session {
  receive(frame: string): void
  deliver(stream: string, action: Delivered<Action>): void
  say(action: Action): void
  end(): void
}

export interface SessionPorts {
  hub: Hub
  recent: Recent
  tab: string
  /** True once: publications received before there was any tab are for this one. */
  first(): boolean
  post(frame: string): void
  /** Sends to the other tabs. */
  others(action: Action, stream: string): void
}

interface Payload {
  pos?: string
  positions?: Record<string, string>
  presence?: { state: MemberState }
  recent?: number
  snapshot?: boolean
  token?: string
  state?: MemberState | null
}

/** A tab that reloads is back within this time. */
const KEEP_MS = 5_000

export function createSession({ hub, recent, tab, first, post, others }: SessionPorts): Session {
  const channels = new Map<string, { channel: Channel; unwatch(): void }>()
  const held = new Map<string, Delivered<Action>[]>() // live publications, while their stream's replay is on its way
  const watches = createWatches(hub)
  const open = new Set<string>() // ids of sends awaiting their acknowledgement
  let viewed: string | undefined
  let over = false

  const topOf = (stream: string) => hub.position(stream) ?? '0-0'
  const say = (action: Action) => over || post(JSON.stringify(action))
  const answer = (type: string, payload: unknown, re: string | undefined, to?: string) => {
    say({ type, payload, meta: { hub: { to, re } } as Action['meta'] }) // JSON omits undefined values
  }
  const refuse = ({ code, message, retry, retryAfterMs, path }: HubError, re: string | undefined, to?: string) =>
    answer('@@hub/error', { code, message, retry, retry_after_ms: retryAfterMs, path }, re, to)

  /** Sends `type` once it is known which publications were missed, then those, then the ones received meanwhile. */
  async function replay(type: string, stream: string, pos: string | undefined, re?: string, more: object = {}) {
    const top = topOf(stream)
    held.set(stream, [])
    const { whole, actions } = pos === undefined ? { whole: true, actions: [] } : await recent.after(stream, pos)
    answer(type, { recovered: whole, pos: pos ?? top, top, ...more }, re, stream)
    const meanwhile = held.get(stream) ?? []
    held.delete(stream)
    let last = 0
    for (const action of [...actions, ...meanwhile]) {
      const seq = sequence(action.meta.hub.pos ?? '0')
      if (!seq || seq > last) say(action)
      last = Math.max(last, seq)
    }
  }

  function begin(positions: Record<string, string> = {}, re?: string) {
    const { welcome, user } = hub
    if (!welcome) return
    const own = `user:${user}`
    const resume: Record<string, string> = {}
    for (const stream of Object.keys(welcome.resume)) resume[stream] = topOf(stream)
    const missed = !(own in positions) && first() ? recent.of(own) : []
    const start = missed[0]?.meta.hub.pos
    if (start !== undefined) resume[own] = before(start)
    const session = `${welcome.session}/${tab}`
    answer('@@hub/welcome', { ...welcome, session, orgs: hub.orgs, resume, now: hub.now() }, re)
    missed.forEach(say)
    for (const [stream, pos] of Object.entries(positions)) {
      if (stream in welcome.resume) replay('@@hub/resumed', stream, pos)
    }
  }

  async function join(address: string, { pos, presence, recent: newest, snapshot, token }: Payload, re?: string) {
    const channel = hub.channel(address, { start: pos, snapshot, token })
    leave(address)
    const push = (type: string, payload: unknown) => answer(type, payload, undefined, address)
    const unwatch = channel.presence.onChange(({ joined, left, changed }) => {
      push('@@hub/left', { users: left.map(({ user }) => user) })
      push('@@hub/joined', { members: [...joined, ...changed] })
    })
    channels.set(address, { channel, unwatch })
    if (presence) channel.setState(presence.state)
    try {
      await channel.joined
      recent.begin(address, topOf(address))
      if (newest) {
        const { payload } = await hub.request('@@hub/history', address, { limit: newest })
        const { publications } = payload as { publications: Delivered<Action>[] }
        const last = publications[publications.length - 1]?.meta.hub.pos
        return await replay('@@hub/joined', address, last, re, { recent: publications })
      }
      const kept = snapshot ? channel.snapshot : undefined
      await replay('@@hub/joined', address, pos ?? kept?.pos, re, { snapshot: kept })
    } catch (error) {
      refuse(error as HubError, re, address)
    }
  }

  function leave(address: string) {
    const entry = channels.get(address)
    channels.delete(address)
    entry?.unwatch()
    if (entry) setTimeout(entry.channel.leave, over ? KEEP_MS : 0)
  }

  function send(action: Action, to: string, id: string | undefined) {
    const stream = to.startsWith('user:') ? `user:${hub.user}` : to
    const copy = (more: object) => ({
      ...action,
      meta: { ...action.meta, hub: { ...action.meta?.hub, from: hub.user as string, ts: hub.now(), ...more } },
    })
    if (action.meta?.hub?.ephemeral) {
      if (hub.ephemeral(to, action)) others(copy({}), stream)
      return
    }
    if (id === undefined || open.has(id)) return // a retry by the tab: the answer is on its way
    open.add(id)
    const done = ({ ownPos, attempts, ...ack }: Ack) => {
      // the node informs other sessions of the user, but not the tabs on this socket
      if (to.startsWith('user:')) others(copy({ own_pos: ownPos ?? id }), stream)
      answer('@@hub/ack', { ...ack, own_pos: ownPos }, id)
    }
    hub
      .send(to, action, { id })
      .then(done, (error) => refuse(error, id))
      .finally(() => open.delete(id))
  }

  function ask(type: string, to: string | undefined, payload: unknown, re: string | undefined) {
    hub.request(type as `@@hub/${string}`, to, payload).then(
      (found) => answer(found.type, found.payload, re, to),
      (error) => refuse(error, re, to),
    )
  }

  function handle(action: Action) {
    const { type, payload, meta } = action
    const { to, id } = meta?.hub ?? {}
    const done = () => answer('@@hub/ack', {}, id) // any answer satisfies the caller
    const said = (payload ?? {}) as Payload
    switch (type) {
      case '@@hub/live':
      case '@@hub/resume':
        return begin(said.positions, id)
      case '@@hub/view':
        if (viewed !== undefined && viewed !== to) leave(viewed)
        viewed = to
        if (to === undefined) return done()
        return join(to, said, id)
      case '@@hub/join':
        return join(to as string, said, id)
      case '@@hub/state':
        channels.get(to as string)?.channel.setState(said.state ?? null)
        return done()
      case '@@hub/leave':
        leave(to as string)
        return done()
      case '@@hub/ping':
        return done()
      case '@@hub/watch':
        watches.begin(payload as Watched)
        break
      case '@@hub/unwatch': {
        const left = watches.end(payload as Watched)
        return left ? ask(type, to, left, id) : done()
      }
    }
    if (type.startsWith('@@hub/')) ask(type, to, payload, id)
    else if (to !== undefined) send(action, to, id)
  }

  return {
    say,
    receive: (frame) => [JSON.parse(frame) as Action | Action[]].flat().forEach(handle),
    deliver(stream, action) {
      if (stream.startsWith('ch:') && !channels.has(stream)) return
      if (held.get(stream)?.push(action) === undefined) say(action)
    },
    end() {
      over = true
      const left = watches.end()
      if (left && hub.state === 'connected') ask('@@hub/unwatch', undefined, left, undefined)
      for (const address of [...channels.keys()]) leave(address)
    },
  }
}
