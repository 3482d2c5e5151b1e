import type { Action, Delivered, Hub } from '@hubwire/client'

/** The recent publications of each stream, so that a returning tab needs no request to the node. */
export interface Recent {
  /** The buffer is complete after `pos`. */
  begin(stream: string, pos: string): void
  add(stream: string, action: Delivered<Action>): void
  /** Publications were lost: the buffer is incomplete before `pos`. */
  clear(stream: string, pos: string): void
  of(stream: string): readonly Delivered<Action>[]
  /**
   * Everything after `pos`, oldest first; from the node's history if the buffer does not reach back that far. `whole`:
   * nothing is missing.
   */
  after(stream: string, pos: string): Promise<{ whole: boolean; actions: readonly Delivered<Action>[] }>
}

const KEPT_MAX = 256

interface Kept {
  since: string
  actions: Delivered<Action>[]
}

export const sequence = (pos: string): number => Number.parseInt(pos, 10)
/** A position that sorts immediately before `pos`. */
export const before = (pos: string): string => `${sequence(pos) - 1}-0`
const at = (action: Delivered<Action>): string => action.meta.hub.pos as string

export function createRecent(hub: Hub): Recent {
  const streams = new Map<string, Kept>()
  const begin = (stream: string, since: string) => {
    streams.set(stream, { since, actions: [] })
  }

  async function fromHistory(stream: string, pos: string) {
    const found: Delivered<Action>[] = []
    let next: string | undefined
    for (;;) {
      const { payload } = await hub.request('@@hub/history', stream, { before: next })
      const { publications, more } = payload as { publications: Delivered<Action>[]; more: boolean }
      found.unshift(...publications.filter((action) => sequence(at(action)) > sequence(pos)))
      const oldest = publications[0]
      // the position itself must still be in the log, unless the log was always empty
      if (publications.some((action) => at(action) === pos)) return { whole: true, actions: found }
      if (!oldest || !more || sequence(at(oldest)) < sequence(pos)) return { whole: pos === '0-0', actions: found }
      next = at(oldest)
    }
  }

  return {
    begin(stream, pos) {
      if (!streams.has(stream)) begin(stream, pos)
    },
    add(stream, action) {
      // A new holder starts at the device's cursor. The previous holder may have advanced it beyond what every tab had
      // received, so nothing is known about earlier publications.
      if (!streams.has(stream)) begin(stream, before(at(action)))
      const kept = streams.get(stream) as Kept
      kept.actions.push(action)
      if (kept.actions.length > KEPT_MAX) kept.since = at(kept.actions.shift() as Delivered<Action>)
    },
    clear: begin,
    of: (stream) => streams.get(stream)?.actions ?? [],
    async after(stream, pos) {
      const kept = streams.get(stream)
      if (!kept || sequence(kept.since) > sequence(pos)) return fromHistory(stream, pos)
      return { whole: true, actions: kept.actions.filter((action) => sequence(at(action)) > sequence(pos)) }
    },
  }
}
