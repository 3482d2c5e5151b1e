import type { Action } from './action.js'
import type { Environment } from './environment.js'
import { sequenceOf } from './streams.js'

/** Stores on the node how far this device has processed the user's stream, at most once in 5 s. */
export interface Cursor {
  commit(stream: string, pos: string): void
  flush(): void
}

const EVERY_MS = 5_000

export function createCursor(environment: Environment, say: (action: Action) => boolean): Cursor {
  const due = new Map<string, string>()
  const told = new Map<string, string>()
  let timer: unknown
  const flush = () => {
    environment.clearTimeout(timer)
    timer = undefined
    if (!due.size || !say({ type: '@@hub/cursor', payload: { positions: Object.fromEntries(due) } })) return
    for (const [stream, pos] of due) told.set(stream, pos)
    due.clear()
  }
  return {
    commit(stream, pos) {
      const before = due.get(stream) ?? told.get(stream)
      if (before !== undefined && sequenceOf(before) >= sequenceOf(pos)) return
      due.set(stream, pos)
      timer ??= environment.setTimeout(flush, EVERY_MS)
    },
    flush,
  }
}
