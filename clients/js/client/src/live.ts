import type { Hub, HubError } from '@hubwire/client'

/** The node's answer, updated by its later pushes. */
export interface Live<T> {
  /** The last known value. The same object until something changes. */
  readonly value: T
  /** Whether the value may be outdated: not connected, or not answered yet. */
  readonly stale: boolean
  /** The refusal of the last request, until a later one is answered. The value is then that of before. */
  readonly refused: HubError | undefined
  /** Calls the handler when the value, `stale` or `refused` changes. */
  onChange(handler: (value: T) => void): () => void
  /** Requests the value again; happens automatically on each connection. */
  refresh(): void
  close(): void
}

/** Computes the next value from the previous one; returns the same one if nothing changes. */
export type Change<T> = (value: T) => T

export interface Source<T> {
  /** The value until the first answer. */
  first: T
  ask(): Promise<T>
  /** Subscribes to pushes; returns a function that unsubscribes. */
  listen?(push: (change: Change<T>) => void): () => void
  /** Called when it is closed. The node discards a session's subscriptions when it ends. */
  closed?(connected: boolean): void
}

/** Follows a value until it is closed: requests it on each connection, and applies pushes in between. */
export function follow<T>(hub: Hub, source: Source<T>, onRefused: (error: HubError) => void = () => {}): Live<T> {
  const handlers = new Set<{ run(value: T): void }>()
  let value = source.first
  let stale = true
  let refused: HubError | undefined
  let over = false
  let asked = 0 // number of the last request; only its answer counts
  let pushed: Change<T>[] | undefined // pushes received while an answer is on its way: newer than it

  const show = (next: T) => {
    value = next
    for (const { run } of [...handlers]) run(value)
  }
  const push = (change: Change<T>) => {
    pushed?.push(change)
    if (stale) return
    const next = change(value)
    if (next !== value) show(next)
  }
  const refresh = async () => {
    if (over || hub.state !== 'connected') return
    const mine = ++asked
    const changes: Change<T>[] = []
    pushed = changes
    try {
      const answer = await source.ask()
      if (mine !== asked) return
      stale = false
      refused = undefined
      show(changes.reduce<T>((before, change) => change(before), answer))
    } catch (error) {
      if (mine !== asked) return
      refused = error as HubError
      onRefused(refused)
      show(value)
    } finally {
      if (mine === asked) pushed = undefined
    }
  }
  const undo = [
    source.listen?.(push),
    hub.on('state', ({ state, previous }) => {
      if (state === 'connected') refresh()
      else if (previous === 'connected') {
        asked++
        pushed = undefined
        stale = true
        show(value)
      }
    }),
  ]
  refresh()
  return {
    get value() {
      return value
    },
    get stale() {
      return stale
    },
    get refused() {
      return refused
    },
    onChange(handler) {
      const entry = { run: handler }
      handlers.add(entry)
      return () => handlers.delete(entry)
    },
    refresh: () => void refresh(),
    close() {
      if (over) return
      over = true
      asked++
      undo.forEach((run) => run?.())
      source.closed?.(hub.state === 'connected')
    },
  }
}
