import type { Action, Delivered, Gap } from './action.js'
import { sequenceOf } from './streams.js'
import type { SyncOptions } from './types.js'

export interface SyncPorts<B extends Action> {
  joined(): Promise<void>
  on(handler: (action: Delivered<B>) => void): () => void
  onGap(handler: (gap: Gap) => void): () => void
  /** Waits before another try. */
  again(run: () => void): void
  thrown(error: unknown): void
}

/** Joins, holds what comes, loads the snapshot, applies what is newer than it, goes on live; a gap begins again. */
export function startSync<S, B extends Action>(ports: SyncPorts<B>, options: SyncOptions<S, B>): () => void {
  let held: Delivered<B>[] | undefined = []
  let controller = new AbortController()
  let over = false

  async function load() {
    controller.abort()
    controller = new AbortController()
    const { signal } = controller
    held = []
    try {
      await ports.joined()
      const { snapshot, pos } = await options.load(signal)
      if (signal.aborted) return
      options.reset(snapshot)
      const after = pos === undefined ? 0 : sequenceOf(pos)
      const missed = held
      held = undefined
      for (const action of missed) {
        const at = action.meta.hub.pos
        if (at === undefined || sequenceOf(at) > after) options.apply(action)
      }
    } catch (error) {
      if (signal.aborted) return
      ports.thrown(error)
      ports.again(() => over || signal.aborted || load())
    }
  }
  const undo = [ports.on((action) => (held ? held.push(action) : options.apply(action))), ports.onGap(load)]
  load()
  return () => {
    over = true
    controller.abort()
    undo.forEach((run) => run())
  }
}
