/** Events of the client's surroundings. */
export type Surroundings = 'online' | 'visible' | 'pagehide' | 'pageshow'

/** Clock, timers, random numbers and events of the browser, so that tests can replace them. */
export interface Environment {
  /** A monotonic clock, in milliseconds. */
  now(): number
  /** Unix milliseconds, for display only; no timer depends on it. */
  date(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** A random number from 0 to below 1. */
  random(): number
  hidden(): boolean
  watch(listener: (what: Surroundings) => void): () => void
  readonly storage?: Pick<Storage, 'getItem' | 'setItem'> | undefined
}

interface Target {
  addEventListener(type: string, listener: (event: unknown) => void): void
  removeEventListener(type: string, listener: (event: unknown) => void): void
}

/** The browser, worker or runtime this runs in. Accesses globals only when called. */
export function defaultEnvironment(): Environment {
  const scope = globalThis as unknown as Partial<Target> & {
    document?: Target & { visibilityState: string }
    localStorage?: Storage
  }
  const page = scope.document
  return {
    now: () => performance.now(),
    date: () => Date.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    random: () => Math.random(),
    hidden: () => page?.visibilityState === 'hidden',
    watch(listener) {
      const undo: (() => void)[] = []
      const on = (target: Partial<Target> | undefined, type: string, run: (event: unknown) => void) => {
        target?.addEventListener?.(type, run)
        undo.push(() => target?.removeEventListener?.(type, run))
      }
      on(scope, 'online', () => listener('online'))
      on(page, 'visibilitychange', () => page?.visibilityState === 'visible' && listener('visible'))
      if (page) {
        on(scope, 'pagehide', () => listener('pagehide'))
        on(scope, 'pageshow', (event) => (event as PageTransitionEvent).persisted && listener('pageshow'))
      }
      return () => undo.forEach((run) => run())
    },
    get storage() {
      try {
        return scope.localStorage
      } catch {
        return undefined // the page may not be allowed to store anything
      }
    },
  }
}

/** Random letters, for ids of devices and instances. */
export function randomId(environment: Environment, length: number): string {
  let id = ''
  while (id.length < length) id += Math.floor(environment.random() * 36).toString(36)
  return id
}
