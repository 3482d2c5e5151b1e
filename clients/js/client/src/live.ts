import type { Hub, HubError } from '@hubwire/client'

/** What the node answered, and what it told since. */
export interface Live<T> {
  /** As last heard. The same until something changes. */
  readonly value: T
  /** Not connected, or not answered yet. */
  readonly stale: boolean
  onChange(handler: (value: T) => void): () => void
  /** Asks anew; done by itself on each connection. */
  refresh(): void
  close(): void
}

/** Makes the next value of the one before; the same where nothing changes. */
export type Change<T> = (value: T) => T

export interface Source<T> {
  /** Until there is an answer. */
  first: T
  ask(): Promise<T>
  /** Where what is pushed is heard; returns how to hear no more. */
  listen?(push: (change: Change<T>) => void): () => void
  /** When it is closed. What the node keeps for a session ends with that. */
  closed?(connected: boolean): void
}

/** Follows something until it is closed: asked on each connection, and changed by what is pushed in between. */
export function follow<T>(hub: Hub, source: Source<T>, refused: (error: HubError) => void = () => {}): Live<T> {
  const handlers = new Set<{ run(value: T): void }>()
  let value = source.first
  let stale = true
  let over = false
  let asked = 0 // times; only the last answer counts
  let pushed: Change<T>[] | undefined // while an answer is on its way: newer than it

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
      show(changes.reduce<T>((before, change) => change(before), answer))
    } catch (error) {
      if (mine === asked) refused(error as HubError)
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
