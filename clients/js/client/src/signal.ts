import type { Action, Delivered } from './action.js'
import { createEmitter } from './emitter.js'
import type { Environment } from './environment.js'

/** The latest value of each other user; it expires unless renewed, and ends when the user leaves. */
export interface Signal<V> {
  /** Sends the latest value, at most once per `everyMs`. `undefined` ends it. */
  set(value: V | undefined): void
  readonly values: ReadonlyMap<string, V>
  onChange(handler: (values: ReadonlyMap<string, V>) => void): () => void
  close(): void
}

export interface SignalPorts {
  environment: Environment
  send(value: unknown): boolean
  listen(handler: (action: Delivered<Action>) => void): () => void
  left(handler: (users: string[]) => void): () => void
  thrown(error: unknown): void
}

export function createSignal<V>(ports: SignalPorts, everyMs = 100, ttlMs = 5_000): Signal<V> {
  const { environment } = ports
  const emitter = createEmitter(ports.thrown)
  const fading = new Map<string, unknown>()
  let values: ReadonlyMap<string, V> = new Map()
  let latest: V | undefined
  let throttle: unknown
  let last = Number.NEGATIVE_INFINITY

  const put = (user: string, value: V | null | undefined) => {
    environment.clearTimeout(fading.get(user))
    fading.delete(user)
    if (value == null && !values.has(user)) return
    const next = new Map(values)
    if (value == null) next.delete(user)
    else {
      next.set(user, value)
      fading.set(
        user,
        environment.setTimeout(() => put(user, undefined), ttlMs),
      )
    }
    values = next
    emitter.emit('', values)
  }
  const undo = [
    ports.listen(({ payload, meta }) => meta.hub.from !== undefined && put(meta.hub.from, payload as V)),
    ports.left((users) => users.forEach((user) => put(user, undefined))),
  ]
  const flush = () => {
    throttle = undefined
    last = environment.now()
    ports.send(latest ?? null)
  }
  return {
    set(value) {
      latest = value
      throttle ??= environment.setTimeout(flush, Math.max(0, last + everyMs - environment.now()))
    },
    get values() {
      return values
    },
    onChange: (handler) => emitter.on('', handler as (values: never) => void),
    close() {
      undo.forEach((run) => run())
      environment.clearTimeout(throttle)
      for (const timer of fading.values()) environment.clearTimeout(timer)
    },
  }
}
