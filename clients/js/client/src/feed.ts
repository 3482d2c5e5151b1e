import type { Action, Delivered, Gap } from './action.js'
import type { Emitter } from './emitter.js'
import { HubError } from './errors.js'
import { sequenceOf } from './streams.js'
import type { Feed, SendOptions, Sent } from './types.js'

/** The hub's side of a feed. */
export interface FeedPorts {
  emitter: Emitter
  send(to: string, action: Action, options: SendOptions): Sent
  /** Sends a request, and repeats it until it is answered. */
  ask(type: string, to: string, payload: unknown): Promise<Action>
  commit(stream: string, pos?: string): void
}

export interface FeedKind {
  /** The key of its publications in the emitter. */
  key: string
  /** The address of sends. */
  to(): string
  /** The stream whose log it reads; known once connected. */
  stream(): string
  /** Whether a publication of the stream belongs to the feed. */
  mine?(action: Delivered<Action>): boolean
}

/** Most items that an iterator buffers for a reader slower than the stream. */
const HELD_MAX = 1_000

interface Page {
  publications: Delivered<Action>[]
  more: boolean
}

export const gapKey = (key: string): string => `gap ${key}`

export function createFeed<B extends Action>(ports: FeedPorts, { key, to, stream, mine }: FeedKind): Feed<B> {
  return {
    on: (handler) => ports.emitter.on(key, handler),
    send: (action, options = {}) => ports.send(to(), action, options),
    commit: (pos) => ports.commit(stream(), pos),
    async *history({ before, after, limit } = {}) {
      for (;;) {
        const { payload } = await ports.ask('@@hub/history', stream(), { before, after, limit })
        const { publications, more } = payload as Page
        const oldest = publications[0]?.meta.hub.pos
        if (after !== undefined && oldest !== undefined && sequenceOf(oldest) <= sequenceOf(after)) {
          throw new HubError('failed', 'this node knows no history `after` a position')
        }
        const page = mine ? publications.filter(mine) : publications
        if (page.length) yield page as Delivered<B>[]
        const last = publications[after === undefined ? 0 : publications.length - 1]?.meta.hub.pos
        if (!more || last === undefined) return
        if (after === undefined) before = last
        else after = last
      }
    },
    [Symbol.asyncIterator]: () => iterate<Delivered<B> | Gap>(ports.emitter, key),
  }
}

function iterate<T extends Action | Gap>(emitter: Emitter, key: string): AsyncIterator<T> {
  const held: T[] = []
  let waiting: ((result: IteratorResult<T>) => void)[] = []
  let over = false
  const take = (item: T) => {
    const next = waiting.shift()
    if (next) return next({ value: item, done: false })
    if (held.length >= HELD_MAX) {
      const { hub } = (held[HELD_MAX - 1] as Delivered<Action>).meta ?? {}
      held.splice(0, HELD_MAX, { stream: key, pos: hub?.pos ?? '', cause: 'lag' } as T)
    }
    held.push(item)
  }
  const undo = [emitter.on(key, take), emitter.on(gapKey(key), take), emitter.on('end', end)]
  function end() {
    over = true
    undo.forEach((run) => run())
    waiting.forEach((resolve) => resolve({ value: undefined, done: true }))
    waiting = []
  }
  return {
    next: () =>
      new Promise((resolve) => {
        const item = held.shift()
        if (item) resolve({ value: item, done: false })
        else if (over) resolve({ value: undefined, done: true })
        else waiting.push(resolve)
      }),
    return() {
      held.length = 0
      end()
      return Promise.resolve({ value: undefined, done: true })
    },
  }
}
