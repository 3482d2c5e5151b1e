import type { Action } from './action.js'
import { jitter } from './backoff.js'
import { bytesOf, type Codec, type Part } from './codec.js'
import type { Environment } from './environment.js'
import { errorOf, HubError } from './errors.js'
import { refusalOf } from './refusal.js'
import { createPending, type Pending } from './sent.js'
import type { Ack, HubOptions, SendOptions, Sent } from './types.js'
import type { Writer } from './writer.js'

/** All unacknowledged sends: ordered, bounded, and retried with the same id until the outcome is known. */
export interface Outbox {
  send(to: string, action: Action, options: SendOptions): Sent
  acked(id: string, ack: Omit<Ack, 'attempts' | 'duplicate'> & { duplicate?: boolean }): boolean
  refused(id: string, payload: unknown): boolean
  /** Its frame was refused because of another action: sends it again, in a frame of its own. */
  again(id: string): void
  /** An own publication arrived in a replay: it proves that a send whose acknowledgement was lost was stored. */
  echoed(id: string, pos: string): boolean
  welcomed(limits: OutboxLimits): void
  lost(): void
  /** The replay is complete: the outcome of sends that did not appear in it is unknown. */
  synced(): void
  idle(): Promise<void>
  close(error: HubError): void
}

export interface OutboxLimits {
  frameBytes: number
  typeBytes: number
  idBytes: number
  inFlight: number
  /** How long the node remembers an id. */
  windowMs: number
  /** Actions per second that it accepts on average, and in a burst; 0: unlimited. */
  perSecond: number
  burst: number
}

export const DEFAULT_LIMITS: OutboxLimits = {
  frameBytes: 65_536,
  typeBytes: 128,
  idBytes: 64,
  inFlight: 128,
  windowMs: 120_000,
  perSecond: 0,
  burst: 0,
}

/** How long a retry may be on its way before the node forgets the id. */
const WINDOW_MARGIN_MS = 10_000

interface Entry {
  id: string
  part: Part
  bytes: number
  pending: Pending
  createdAt: number
  deadlineMs: number | undefined
  /** When it was first sent since the last refusal. */
  sentAt?: number | undefined
  inFlight: boolean
  /** It was sent and not answered: it may be stored. */
  unsure: boolean
  /** Send it once in a frame of its own: another action of the frame may have been at fault. */
  alone: boolean
  attempts: number
  deadline?: unknown
  ackTimer?: unknown
  release?: () => void
}

export interface OutboxPorts {
  environment: Environment
  options: HubOptions
  codec: Codec
  writer: Writer
  nextId(): string
  connected(): boolean
  unheard(error: HubError): void
}

export function createOutbox(ports: OutboxPorts): Outbox {
  const { environment, options, codec, writer } = ports
  const { items = 1_000, bytes: bytesMax = 1 << 20, ttlMs = 60_000 } = options.queue ?? {}
  const ackTimeoutMs = options.ackTimeoutMs ?? 15_000
  const entries = new Map<string, Entry>() // in the order of the sends
  let limits = DEFAULT_LIMITS
  let bytes = 0
  let scheduled = false
  let pausedUntil = 0
  let pauses = 0
  let width = Number.POSITIVE_INFINITY // sends in flight: one after a temporary refusal, then doubled with each answer
  let tokens = 0
  let countedAt = 0
  let pause: unknown
  let idle: (() => void)[] = []

  const now = () => environment.now()
  const windowOver = (entry: Entry) =>
    entry.sentAt !== undefined && now() - entry.sentAt > limits.windowMs - WINDOW_MARGIN_MS

  const remove = (entry: Entry) => {
    entries.delete(entry.id)
    bytes -= entry.bytes
    environment.clearTimeout(entry.deadline)
    environment.clearTimeout(entry.ackTimer)
    entry.release?.()
    if (!entries.size) idle.splice(0).forEach((done) => done())
    schedule()
  }
  const reject = (entry: Entry, error: HubError) => {
    remove(entry)
    entry.pending.reject(error, () => ports.unheard(error))
  }
  const giveUp = (entry: Entry) => {
    const unsure = entry.inFlight || entry.unsure
    const error = unsure
      ? new HubError('timeout', 'no acknowledgement in time', { id: entry.id, outcome: 'unknown' })
      : new HubError('expired', 'not sent in time', { id: entry.id })
    reject(entry, error)
  }

  function schedule() {
    if (scheduled) return
    scheduled = true
    queueMicrotask(() => {
      scheduled = false
      flush()
    })
  }

  /** A timer may fire slightly early by the clock, so the fact that it fired is what counts. */
  function resumeIn(ms: number) {
    environment.clearTimeout(pause)
    pause = environment.setTimeout(() => {
      pausedUntil = 0
      flush()
    }, ms)
  }

  /** Whether the node's rate limit allows one more send now. A refused send would be overtaken by later ones. */
  function allowed(): boolean {
    const { perSecond, burst } = limits
    if (!perSecond) return true
    tokens = Math.min(burst, tokens + ((now() - countedAt) * perSecond) / 1_000)
    countedAt = now()
    if (tokens >= 1) return !!tokens--
    resumeIn(Math.ceil(((1 - tokens) * 1_000) / perSecond))
    return false
  }

  function flush() {
    if (!ports.connected() || now() < pausedUntil) return
    let flying = 0
    for (const entry of entries.values()) {
      if (flying++ >= Math.min(width, limits.inFlight)) return
      if (entry.inFlight || (entry.unsure && windowOver(entry))) continue
      if (!allowed()) return
      entry.inFlight = true
      entry.sentAt ??= now()
      entry.attempts++
      entry.ackTimer = environment.setTimeout(() => unanswered(entry), ackTimeoutMs)
      if (entry.alone) writer.alone(entry.part)
      else writer.push(entry.part)
    }
  }

  function unanswered(entry: Entry) {
    entry.unsure = true
    if (windowOver(entry)) return giveUp(entry)
    entry.inFlight = false
    entry.alone = true
    flush()
  }

  function expired(entry: Entry) {
    // a send with an open outcome is ended by the caller's deadline only, not by the queue's
    if (entry.deadlineMs !== undefined || !(entry.inFlight || entry.unsure)) giveUp(entry)
  }

  function refused(action: Action, id: string, size: number, queue?: boolean): HubError | undefined {
    const fault = refusalOf(action, limits)
    if (fault) return fault
    if (action.type.startsWith('@@hub/'))
      return new HubError('forbidden_type', `${action.type} is the hub's own`, { id })
    if (size > limits.frameBytes) return new HubError('too_big', `longer than the node allows: ${size} bytes`, { id })
    if (queue === false && !ports.connected()) {
      return new HubError('not_connected', 'there is no connection', { id, retry: true })
    }
    if (entries.size >= items || bytes + size > bytesMax) {
      return new HubError('queue_full', `${entries.size} sends wait`, { id, retry: true })
    }
    return entries.has(id) ? new HubError('id_conflict', `${id} is being sent already`, { id }) : undefined
  }

  return {
    send(to, action, { id = ports.nextId(), deadlineMs, signal, queue, except, select }) {
      const cancel = () => {
        const entry = entries.get(id)
        if (!entry || entry.pending !== pending || entry.attempts) return false
        reject(entry, new HubError('cancelled', 'cancelled before it was sent', { id }))
        return true
      }
      const pending = createPending(id, cancel)
      const full: Action = { ...action, meta: { ...action?.meta, hub: { to, id, except, select } } }
      const part = codec.encode(full)
      const size = bytesOf(part)
      const error = signal?.aborted
        ? new HubError('cancelled', 'cancelled before it was sent', { id })
        : refused(full, id, size, queue)
      if (error) {
        pending.reject(error, () => ports.unheard(error))
        return pending.sent
      }
      const entry: Entry = {
        id,
        part,
        bytes: size,
        pending,
        createdAt: now(),
        deadlineMs,
        inFlight: false,
        unsure: false,
        alone: false,
        attempts: 0,
      }
      entry.deadline = environment.setTimeout(() => expired(entry), deadlineMs ?? ttlMs)
      entries.set(id, entry)
      bytes += size
      if (signal) {
        const aborted = () => cancel()
        signal.addEventListener('abort', aborted)
        entry.release = () => signal.removeEventListener('abort', aborted)
      }
      schedule()
      return pending.sent
    },
    acked(id, { duplicate = false, ...rest }) {
      const entry = entries.get(id)
      if (!entry) return false
      pauses = 0
      width *= 2
      remove(entry)
      entry.pending.resolve({ ...rest, duplicate, attempts: entry.attempts })
      return true
    },
    refused(id, payload) {
      const entry = entries.get(id)
      if (!entry) return false
      const { code, message, retry, retryAfterMs, path } = errorOf(payload)
      const outcome = entry.unsure ? 'unknown' : 'not_done'
      const error = new HubError(code, message, { retry, retryAfterMs, id, path, outcome })
      if (!retry || now() - entry.createdAt >= (entry.deadlineMs ?? ttlMs)) {
        reject(entry, error)
        return true
      }
      environment.clearTimeout(entry.ackTimer)
      entry.inFlight = false
      if (!entry.unsure) entry.sentAt = undefined
      const wait = Math.max(retryAfterMs ?? 0, jitter(environment.random, 500, 20_000, pauses))
      if (now() >= pausedUntil) pauses++
      width = 1
      pausedUntil = Math.max(pausedUntil, now() + wait)
      resumeIn(pausedUntil - now())
      options.logger?.({ event: 'retry', detail: { id, code, inMs: wait } })
      return true
    },
    again(id) {
      const entry = entries.get(id)
      if (!entry) return
      environment.clearTimeout(entry.ackTimer)
      entry.inFlight = false
      entry.alone = true
      schedule()
    },
    echoed(id, pos) {
      const entry = entries.get(id)
      if (!entry?.unsure) return false
      remove(entry)
      entry.pending.resolve({ pos, duplicate: true, attempts: entry.attempts })
      return true
    },
    welcomed(told) {
      limits = told
      pausedUntil = 0
      tokens = told.burst
      countedAt = now()
      flush()
    },
    lost() {
      for (const entry of entries.values()) {
        if (entry.inFlight) entry.unsure = true
        entry.inFlight = false
        environment.clearTimeout(entry.ackTimer)
      }
    },
    synced() {
      for (const entry of [...entries.values()]) if (entry.unsure && !entry.inFlight && windowOver(entry)) giveUp(entry)
    },
    idle: () => (entries.size ? new Promise((done) => idle.push(done)) : Promise.resolve()),
    close(error) {
      for (const entry of [...entries.values()]) {
        const outcome = entry.inFlight || entry.unsure ? 'unknown' : 'not_done'
        reject(entry, new HubError(error.code, error.message, { id: entry.id, outcome }))
      }
      environment.clearTimeout(pause)
      idle = []
    },
  }
}
