import type { Action, Delivered, Gap, Start } from './action.js'
import { jitter } from './backoff.js'
import { createChannel } from './channel.js'
import { type Channels, createChannels, type Room, type Told } from './channels.js'
import { json } from './codec.js'
import { type Connection, createConnection } from './connection.js'
import { createCursor } from './cursor.js'
import { createEmitter } from './emitter.js'
import { defaultEnvironment, randomId } from './environment.js'
import { HubError } from './errors.js'
import { createFeed, type FeedKind, gapKey } from './feed.js'
import { createOutbox, DEFAULT_LIMITS } from './outbox.js'
import { createOwnCopies } from './own.js'
import { createRefresh } from './refresh.js'
import { createRequests } from './requests.js'
import { createStreams } from './streams.js'
import type { Ack, Channel, Direct, Hub, HubOptions, Memberships, Narrowing, RequestOptions, Welcome } from './types.js'
import { createWriter } from './writer.js'

type Belonging = Pick<Welcome, 'orgs' | 'memberships'>
type AckPayload = Omit<Ack, 'attempts' | 'duplicate'> & { duplicate?: boolean; own_pos?: string }

/** One client of hubwire: one socket at a time, and the state that outlives it. */
export function createHub<A extends Action = Action>(options: HubOptions): Hub<A> {
  const environment = options.environment ?? defaultEnvironment()
  const codec = options.codec ?? json
  const device = deviceOf()
  const name = randomId(environment, 10)
  const instance = `${name}-`
  let counter = 0
  const nextId = () => instance + ++counter

  let user: string | undefined
  let belonging: Belonging = { orgs: [] }
  let limits = DEFAULT_LIMITS
  let actionsPerFrame = 64
  let clock = { server: environment.date(), local: environment.now() }
  let step = false
  let lostTimer: unknown
  let apartSince: number | undefined
  let told = false

  const emitter = createEmitter(thrown)
  const streams = createStreams()
  const ownStream = () => `user:${user}`
  /** Streams followed without a join; channels are joined. */
  const feeds = () => streams.positions((stream) => !stream.startsWith('ch:'))
  const followed = () => Object.keys(feeds())
  const own = createOwnCopies(instance, () => streams.position(ownStream()))
  const writer = createWriter(
    codec,
    () => ({ actions: actionsPerFrame, bytes: limits.frameBytes }),
    (frame) => connection.send(frame),
  )
  const connected = () => connection.welcome !== undefined
  const say = (action: Action): boolean => {
    if (connected()) writer.push(codec.encode(action))
    return connected()
  }
  const requests = createRequests(environment, options.ackTimeoutMs ?? 15_000, nextId, say)
  const outbox = createOutbox({ environment, options, codec, writer, nextId, connected, unheard: report })
  const cursor = createCursor(environment, say)
  const refresh = createRefresh(
    options,
    environment,
    (payload) => requests.ask('@@hub/refresh', undefined, payload),
    (error) => connection.fail(error),
  )
  const channels: Channels = createChannels({
    environment,
    streams,
    user: () => user,
    connected,
    ask: requests.ask,
    gap,
    deliver: (action) => delivered(action as Delivered<A>),
    stepped,
    thrown,
  })
  const connection: Connection = createConnection({
    options,
    environment,
    codec,
    // ids are scoped to a device: without a lasting one, to this instance, so that the node detects a retry after a
    // reconnect
    device: device ?? name,
    nextId,
    resume: feeds,
    welcomed,
    received,
    lost,
    moved(state, previous, error, retryInMs) {
      options.logger?.({ event: 'state', detail: { state, previous, code: error?.code, retryInMs } })
      if (state === 'failed' || state === 'closed') ended(error as HubError)
      else if (state !== 'connected') apart()
      emitter.emit('state', { state, previous, error, retryInMs })
    },
  })

  function deviceOf(): string | undefined {
    if (options.device !== undefined) return options.device || undefined
    const { storage } = environment
    if (!storage) return undefined
    try {
      const known = storage.getItem('hubwire.device') ?? randomId(environment, 16)
      storage.setItem('hubwire.device', known)
      return known
    } catch {
      return undefined // storage is full or forbidden
    }
  }

  function report(error: HubError) {
    emitter.emit('error', error)
  }

  function thrown(cause: unknown) {
    if (!emitter.has('error')) return options.logger?.({ event: 'state', detail: { error: String(cause) } })
    report(cause instanceof HubError ? cause : new HubError('failed', `a handler threw: ${cause}`, { cause }))
  }

  function gap(stream: string, pos: string, cause: Gap['cause']) {
    const found: Gap = { stream, pos, cause }
    emitter.emit('gap', found)
    emitter.emit(gapKey(stream === ownStream() ? 'inbox' : stream), found)
  }

  function stepped() {
    if (step || !connected() || !streams.synced()) return
    step = true
    outbox.synced()
    emitter.emit('synced', undefined)
  }

  function welcomed(welcome: Welcome) {
    const { features, resume, now, expires_in_ms, max_frame_bytes, limits: given = {} } = welcome
    const first = user === undefined
    user = welcome.user
    belonging = welcome
    if (now !== undefined) clock = { server: now, local: environment.now() }
    actionsPerFrame = given.actions_per_frame_max ?? 64
    limits = {
      frameBytes: given.frame_bytes_max ?? max_frame_bytes,
      typeBytes: given.type_bytes_max ?? DEFAULT_LIMITS.typeBytes,
      idBytes: given.id_bytes_max ?? DEFAULT_LIMITS.idBytes,
      inFlight: Math.max(1, Math.floor((given.in_flight_max ?? 256) / 2)),
      windowMs: given.idempotency_window_ms ?? DEFAULT_LIMITS.windowMs,
      // the rest is for requests of the client itself
      perSecond: (given.actions_per_second ?? 0) * 0.9,
      burst: Math.max(given.actions_burst ?? 0, given.actions_per_second ?? 0) / 2,
    }
    follow(resume)
    if (first) begin(resume, features)
    refresh.arm(expires_in_ms)
    channels.welcomed(welcome)
    outbox.welcomed(limits)
    together()
    stepped()
  }

  /** Known streams are replayed up to the position in the welcome; unknown ones start there. */
  function follow(tops: Record<string, string>) {
    for (const stream of followed()) {
      if (!(stream in tops)) streams.forget(stream)
    }
    for (const [stream, top] of Object.entries(tops)) {
      if (streams.position(stream) === undefined) streams.begin(stream, top)
      else streams.aim(stream, top)
    }
  }

  /** On the first connection: handles streams that do not start now. */
  function begin(tops: Record<string, string>, features: string[]) {
    const { user: ofUser = 'cursor', org = 'now', team = 'now' } = options.start ?? {}
    const positions: Record<string, unknown> = {}
    for (const [stream, top] of Object.entries(tops)) {
      const start: Start = stream.startsWith('user:') ? ofUser : stream.startsWith('org:') ? org : team
      if (start === 'now' || (start === 'cursor' && device === undefined)) continue
      const oldest = features.includes('replay_oldest') ? { from: 'oldest' } : '0-0'
      positions[stream] = start === 'cursor' ? null : start === 'beginning' ? oldest : start
      streams.gate(stream, top)
    }
    if (!Object.keys(positions).length) return
    say({ type: '@@hub/resume', payload: { positions }, meta: { hub: { id: nextId() } } })
  }

  function apart() {
    if (apartSince !== undefined) return
    apartSince = environment.now()
    lostTimer = environment.setTimeout(() => {
      told = true
      emitter.emit('lost', undefined)
    }, options.lostAfterMs ?? 5_000)
  }

  function together() {
    environment.clearTimeout(lostTimer)
    const afterMs = environment.now() - (apartSince ?? environment.now())
    apartSince = undefined
    if (told) emitter.emit('restored', { afterMs })
    told = false
  }

  function lost() {
    step = false
    writer.clear()
    refresh.stop()
    streams.lost()
    requests.lost()
    outbox.lost()
    channels.lost()
  }

  function ended(error: HubError) {
    environment.clearTimeout(lostTimer)
    apartSince = undefined
    outbox.close(new HubError(error.code === 'closed' ? 'closed' : 'failed', error.message))
    if (error.code !== 'closed') return
    channels.close(error)
    emitter.emit('end', undefined)
  }

  function received(action: Action) {
    const { type, payload, meta: { hub = {} } = {} } = action
    const { re, to, pos: at } = hub
    // an invitation has a reserved type, but is a publication in the user's stream
    if (!type.startsWith('@@hub/') || at !== undefined) return delivered(action as Delivered<A>)
    if (type === '@@hub/ack' && re !== undefined) {
      const { own_pos, ...ack } = payload as AckPayload
      // the node does not tell everybody how many sessions a direct message reached
      const isDirect = ack.sessions !== undefined || own_pos !== undefined
      if (isDirect && !re.startsWith(instance)) own.add(own_pos ?? re)
      if (outbox.acked(re, { ...ack, ownPos: own_pos })) return
    }
    if (type === '@@hub/error') {
      for (const id of (payload as { not_done?: string[] }).not_done ?? []) if (id !== re) outbox.again(id)
      if (re !== undefined && outbox.refused(re, payload)) return
    }
    if (type === '@@hub/resumed' && to !== undefined) return resumed(to, payload as Resumed)
    if (re !== undefined) return void requests.settle(re, action) // an answer that comes too late is nobody's
    if (type === '@@hub/lag' && to !== undefined) {
      const { pos } = payload as { pos: string }
      if (streams.skip(to, pos)) {
        channels.missed(to)
        gap(to, pos, 'lag')
      }
      stepped()
    } else if (type === '@@hub/bye') {
      const { reason, retry_in_ms } = payload as { reason: string; retry_in_ms: number }
      connection.drain(retry_in_ms)
      emitter.emit('bye', { reason, retryInMs: retry_in_ms })
    } else if (type === '@@hub/orgs') {
      belong(payload as Belonging & { resume: Record<string, string> })
    } else if (to === undefined || !channels.told(type, to, (payload ?? {}) as Told)) emitter.emit('control', action)
  }

  /** The user's rights changed while connected: follows new streams and forgets lost ones. */
  function belong(told: Belonging & { resume: Record<string, string> }) {
    belonging = told
    const { orgs, memberships } = told
    for (const stream of followed()) {
      const [, org = 'system', team] = /^(?:org|team):([^/]+)(?:\/(.+))?/.exec(stream) ?? []
      const gone = !orgs.includes(org) || (team && !memberships?.[org]?.teams.includes(team))
      if (org !== 'system' && gone) streams.forget(stream)
    }
    for (const [stream, pos] of Object.entries(told.resume)) streams.begin(stream, pos)
    emitter.emit('orgs', { orgs, memberships })
    channels.retry()
  }

  interface Resumed {
    recovered: boolean
    pos: string
    top?: string
    error?: { code: HubError['code']; message: string }
  }

  function resumed(stream: string, { recovered, pos, top, error }: Resumed) {
    if (error) {
      streams.forget(stream)
      report(new HubError(error.code, `${stream}: ${error.message}`))
    } else {
      streams.answer(stream, pos, top)
      if (!recovered) gap(stream, pos, 'not_recovered')
    }
    stepped()
  }

  function delivered(action: Delivered<A>) {
    const { hub } = action.meta
    const { to, pos, id, from, own_pos } = hub
    const personal = to.startsWith('user:')
    const stream = personal ? ownStream() : to
    if (own_pos !== undefined) own.add(own_pos) // from another tab on this socket: the log will deliver it again
    if (pos !== undefined) {
      if (!streams.accept(stream, pos)) return
      if (from === user && id !== undefined) {
        const echoed = outbox.echoed(id, pos)
        if (personal && (echoed || own.has(hub))) return stepped()
      }
      if (personal && device !== undefined && options.autoCommit !== false) cursor.commit(stream, pos)
    }
    emitter.emit('action', action)
    emitter.emit(`type ${action.type}`, action)
    if (personal) {
      emitter.emit('inbox', action)
      emitter.emit(`user:${from === user ? to.slice(5) : from}`, action)
    } else emitter.emit(to, action)
    stepped()
  }

  /** Repeats a request until it has a definite answer. */
  async function ask(
    type: string,
    to?: string,
    payload?: unknown,
    { attempts = 1 / 0, id }: RequestOptions = {},
  ): Promise<Action> {
    for (let n = 1; ; n++) {
      await connection.connect()
      try {
        return await requests.ask(type, to, payload, undefined, id)
      } catch (error) {
        const { retry, retryAfterMs = 0 } = error as HubError
        if (!retry || n >= attempts) throw error
        const wait = Math.max(retryAfterMs, jitter(environment.random, 500, 20_000, n - 1))
        await new Promise<void>((resolve) => environment.setTimeout(resolve, wait))
      }
    }
  }

  const send: Hub<A>['send'] = (to, action, sendOptions = {}) => outbox.send(to, action, sendOptions)
  const ephemeral = (to: string, action: Action, { except, select }: Narrowing = {}): boolean =>
    say({ ...action, meta: { ...action.meta, hub: { to, ephemeral: true, except, select } } })
  const ports = {
    emitter,
    environment,
    ask,
    thrown,
    ephemeral,
    show: channels.show,
    send: outbox.send,
    commit(stream: string, pos = streams.position(stream)) {
      if (pos !== undefined) cursor.commit(stream, pos)
    },
  }
  const feed = <B extends Action>(kind: FeedKind) => createFeed<B>(ports, kind)
  const topic = <B extends Action>(address: string) =>
    feed<B>({ key: address, to: () => address, stream: () => address })
  const handle = <B extends Action>(room: Room, release: () => void): Channel<B> =>
    createChannel<B>(ports, room, release)

  const hub: Hub<A> = {
    get state() {
      return connection.state
    },
    get synced() {
      return step
    },
    get user() {
      return user as string
    },
    get session() {
      return connection.welcome?.session as string
    },
    get orgs() {
      return belonging.orgs
    },
    get memberships() {
      return belonging.memberships as Memberships
    },
    get welcome() {
      return connection.welcome as Welcome
    },
    connect: connection.connect,
    reconnect: connection.reconnect,
    async close({ flushMs = 0 } = {}) {
      if (flushMs) {
        const patience = new Promise<void>((resolve) => environment.setTimeout(resolve, flushMs))
        await Promise.race([outbox.idle(), patience])
      }
      cursor.flush()
      writer.flush()
      connection.close()
    },
    on(event, handler, { signal } = {}) {
      const off = emitter.on(event, handler as (value: never) => void)
      signal?.addEventListener('abort', off, { once: true })
      return off
    },
    onAction: (type, handler) => emitter.on(`type ${type}`, handler),
    send,
    ephemeral,
    batch: (items) => Promise.allSettled(items.map(([to, action]) => send(to, action))),
    channel(address, channelOptions = {}) {
      const room = channels.take(address, channelOptions)
      return handle(room, () => channels.release(room))
    },
    view: ((address: string | null, channelOptions = {}) => {
      const room = channels.view(address, channelOptions)
      return room && handle(room, () => channels.view(null, {}))
    }) as Hub<A>['view'],
    direct<B extends Action>(peer: string): Direct<B> {
      const address = `user:${peer}`
      const mine = ({
        meta: {
          hub: { from, to },
        },
      }: Delivered<Action>) => from === peer || to === address
      return {
        ...feed<B>({ key: address, to: () => address, stream: ownStream, mine }),
        async presence() {
          const { payload } = await ask('@@hub/presence', address)
          const { users = [] } = payload as { users?: { user: string; sessions: number }[] }
          const sessions = (payload as { sessions?: number }).sessions ?? users[0]?.sessions ?? 0
          return { online: sessions > 0, sessions }
        },
      }
    },
    org: (org) => topic(`org:${org}`),
    team: (team) => topic(`team:${team}`),
    inbox: feed<A>({ key: 'inbox', to: ownStream, stream: ownStream }),
    position: streams.position,
    request: ask,
    now: () => clock.server + environment.now() - clock.local,
    [Symbol.asyncDispose]: () => hub.close(),
  }
  return hub
}
