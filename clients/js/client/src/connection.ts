import type { Action } from './action.js'
import { jitter } from './backoff.js'
import type { Codec, Part } from './codec.js'
import { verdictOf } from './codes.js'
import { credentialOf, type Reason } from './credentials.js'
import type { Environment, Surroundings } from './environment.js'
import { HubError, Unauthorized } from './errors.js'
import { createLiveness } from './liveness.js'
import { type WebSocketLike, webSocketOf } from './socket.js'
import type { HubOptions, State, Welcome } from './types.js'

/** Manages successive sockets to the node: when to open one, when it counts as dead, when to give up. */
export interface Connection {
  readonly state: State
  readonly welcome: Welcome | undefined
  connect(): Promise<Welcome>
  reconnect(): void
  close(): void
  fail(error: HubError): void
  send(frame: Part): boolean
  /** The node is draining: after it closes the socket, reconnect after this time. */
  drain(retryInMs: number): void
}

export interface ConnectionPorts {
  options: HubOptions
  environment: Environment
  codec: Codec
  device: string
  nextId(): string
  /** The positions to resume from, for the first frame. */
  resume(): Record<string, unknown>
  welcomed(welcome: Welcome): void
  received(action: Action): void
  lost(): void
  moved(state: State, previous: State, error?: HubError, retryInMs?: number): void
}

const OPEN_MS = 10_000
const STABLE_MS = 10_000
const BACK_OFF = { base: 2_000, cap: 30_000 }

export function createConnection(ports: ConnectionPorts): Connection {
  const { options, environment, codec } = ports
  const {
    baseMs = 500,
    capMs = 20_000,
    attempts = Number.POSITIVE_INFINITY,
    hiddenMinMs = 10_000,
  } = options.reconnect ?? {}
  const device = { device: ports.device, ...(options.deviceClass && { device_class: options.deviceClass }) }
  let state: State = 'idle'
  let socket: WebSocketLike | undefined
  let welcome: Welcome | undefined
  let failure: HubError | undefined
  let tries = 0
  let rejections = 0
  let welcomedAt = 0
  let drainMs: number | undefined
  let timer: unknown // the single pending timer: until the next attempt, or the timeout of this one
  let live = false // after the welcome and before the end of the socket
  let waiting = false // in backoff
  let asleep = false // the page is in the back/forward cache
  let controller: AbortController | undefined
  let unwatch: (() => void) | undefined
  const callers: { resolve(welcome: Welcome): void; reject(error: HubError): void }[] = []

  const liveness = createLiveness(
    environment,
    () => write({ type: '@@hub/ping', meta: { hub: { id: ports.nextId() } } }),
    () => interrupted(new HubError('timeout', 'the node does not answer'), 1006),
  )

  function move(next: State, error?: HubError, retryInMs?: number) {
    const previous = state
    state = next
    if (next !== previous || retryInMs !== undefined) ports.moved(next, previous, error, retryInMs)
  }

  function write(action: Action): boolean {
    return send(codec.frame([codec.encode(action)]))
  }

  function send(frame: Part): boolean {
    if (!live) return false
    socket?.send(frame)
    return true
  }

  /** Ends the current attempt or connection. */
  function drop() {
    environment.clearTimeout(timer)
    waiting = false
    controller?.abort()
    liveness.stop()
    const old = socket
    socket = undefined
    if (old) {
      old.onopen = old.onmessage = old.onclose = null
      old.onerror = () => {} // `ws` throws an error without a listener
      old.close()
    }
    if (live) {
      live = false
      if (environment.now() - welcomedAt >= STABLE_MS) tries = 0
      ports.lost()
    }
  }

  async function open(reason: Reason) {
    drop()
    const mine = new AbortController()
    controller = mine
    move(state === 'idle' || state === 'failed' ? 'connecting' : 'reconnecting')
    try {
      const credential = await credentialOf(options, { reason, attempt: tries, signal: mine.signal })
      const url = typeof options.url === 'function' ? await options.url() : options.url
      if (!mine.signal.aborted) dial(url, credential)
    } catch (error) {
      if (mine.signal.aborted) return
      const told = error instanceof HubError ? error : new HubError('failed', String(error), { cause: error })
      if (error instanceof Unauthorized || error instanceof HubError) fail(told)
      else retry(baseMs, capMs, 'connect', told)
    }
  }

  function dial(url: string, credential: Record<string, unknown> | undefined) {
    const opened = new (webSocketOf(options.webSocket))(addressOf(url, !credential, device), [codec.protocol])
    socket = opened
    opened.binaryType = 'arraybuffer'
    const patience = () => {
      environment.clearTimeout(timer)
      timer = environment.setTimeout(
        () => interrupted(new HubError('timeout', 'no connection in time', { retry: true }), 1006),
        OPEN_MS,
      )
    }
    patience()
    opened.onopen = () => {
      patience()
      opened.send(codec.frame([codec.encode(hello(credential))]))
    }
    opened.onmessage = ({ data }: { data: unknown }) => {
      liveness.received()
      let action: Action
      try {
        action = codec.decode(data)
      } catch (cause) {
        return interrupted(new HubError('bad_syntax', 'the node sent what cannot be read', { cause }), 1006)
      }
      if (action.type === '@@hub/welcome') greeted(action.payload as Welcome)
      else if (action.type === '@@hub/ping') write({ type: '@@hub/ping' })
      else ports.received(action)
    }
    opened.onclose = ({ code, reason }: { code: number; reason: string }) => {
      options.logger?.({ event: 'closed', detail: { code, reason } })
      interrupted(new HubError('not_connected', `closed with ${code} ${reason}`, { retry: true }), code)
    }
    opened.onerror = () => {} // `close` follows
  }

  function hello(credential: Record<string, unknown> | undefined): Action {
    const positions = ports.resume()
    const meta = { hub: { id: ports.nextId() } }
    if (!credential) {
      return Object.keys(positions).length
        ? { type: '@@hub/resume', payload: { positions }, meta }
        : { type: '@@hub/live', meta }
    }
    return { type: '@@hub/auth', payload: { ...credential, ...device, resume: positions }, meta }
  }

  function greeted(told: Welcome) {
    environment.clearTimeout(timer)
    welcome = told
    live = true
    rejections = 0
    drainMs = undefined
    welcomedAt = environment.now()
    // a node that pings in text does so first, and possibly a tenth late
    liveness.start(told.features.includes('text_ping') ? told.ping_ms * 1.15 : told.ping_ms)
    move('connected')
    ports.welcomed(told)
    for (const caller of callers.splice(0)) caller.resolve(told)
  }

  function interrupted(error: HubError, code: number) {
    const verdict = verdictOf(code)
    drop()
    if (verdict === 'stop') return fail(error)
    if (verdict === 'credentials') {
      if (rejections++ || !(options.getToken || options.getTicket)) {
        return fail(new HubError('bad_credentials', error.message, { cause: error }))
      }
      return retry(baseMs, capMs, 'rejected', error)
    }
    if (verdict === 'back_off') return retry(BACK_OFF.base, BACK_OFF.cap, 'connect', error)
    if (verdict === 'hand_over' && drainMs !== undefined) return wait(drainMs, 'connect', error)
    retry(baseMs, capMs, 'connect', error)
  }

  function retry(base: number, cap: number, reason: Reason, error: HubError) {
    if (tries >= attempts) return fail(error)
    const delay = jitter(environment.random, base, cap, tries)
    wait(environment.hidden() ? Math.max(delay, hiddenMinMs) : delay, reason, error)
  }

  function wait(delay: number, reason: Reason, error: HubError) {
    tries++
    drop()
    waiting = true
    timer = environment.setTimeout(() => open(reason), delay)
    move('reconnecting', error, delay)
  }

  function end(next: 'failed' | 'closed', error: HubError) {
    drop()
    failure = error
    unwatch?.()
    unwatch = undefined
    move(next, error)
    for (const caller of callers.splice(0)) caller.reject(error)
  }

  function fail(error: HubError) {
    if (state !== 'closed') end('failed', error)
  }

  function noticed(what: Surroundings) {
    if (what === 'pagehide') {
      asleep = true
      drop()
      move('reconnecting')
    } else if (what === 'pageshow' ? asleep : waiting) {
      asleep = false
      open('connect')
    } else if (!asleep) liveness.probe()
  }

  return {
    get state() {
      return state
    },
    get welcome() {
      return live ? welcome : undefined
    },
    connect: () =>
      new Promise((resolve, reject) => {
        if (state === 'closed') return reject(failure)
        if (live && welcome) return resolve(welcome)
        callers.push({ resolve, reject })
        if (state !== 'idle' && state !== 'failed') return
        tries = rejections = 0
        unwatch ??= environment.watch(noticed)
        open('connect')
      }),
    reconnect() {
      if (state === 'closed' || state === 'idle') return
      tries = rejections = 0
      unwatch ??= environment.watch(noticed)
      open('connect')
    },
    close() {
      if (state !== 'closed') end('closed', new HubError('closed', 'the hub was closed'))
    },
    fail,
    send,
    drain(retryInMs) {
      drainMs = retryInMs
    },
  }
}

/** `ping`: pages cannot see WebSocket pings. `hold`: no publications before the first frame has named the positions. */
function addressOf(url: string, hold: boolean, device: Record<string, string>): string {
  const query = new URLSearchParams({ ping: 'text', ...(hold && { hold: 'true', ...device }) })
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}
