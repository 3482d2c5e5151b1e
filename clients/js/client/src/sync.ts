import type { Action, Delivered, Gap } from './action.js'
import { HubError } from './errors.js'
import { sequenceOf } from './streams.js'
import type { Snapshot, SyncOptions } from './types.js'

export interface SyncPorts<B extends Action> {
  joined(): Promise<void>
  /** The stored snapshot, as of the last join. */
  snapshot(): Snapshot | null | undefined
  on(handler: (action: Delivered<B>) => void): () => void
  onGap(handler: (gap: Gap) => void): () => void
  /** Waits before another attempt. */
  again(run: () => void): void
  thrown(error: unknown): void
}

/**
 * Joins, buffers publications, loads the snapshot, applies newer publications, and continues live; a gap restarts it.
 */
export function startSync<S, B extends Action>(ports: SyncPorts<B>, options: SyncOptions<S, B>): () => void {
  // for a channel joined before, publications after the snapshot would be missing
  if (!options.load && ports.snapshot())
    throw new HubError('failed', 'without `load`, sync before the channel is joined')
  let held: Delivered<B>[] | undefined = []
  let controller = new AbortController()
  let over = false

  function kept(): { snapshot: S; pos?: string | undefined } {
    const snapshot = ports.snapshot()
    if (snapshot === undefined) throw new HubError('not_found', 'the channel was not joined with its `snapshot`')
    return { snapshot: snapshot?.payload as S, pos: snapshot?.pos }
  }

  async function load() {
    controller.abort()
    controller = new AbortController()
    const { signal } = controller
    held = []
    try {
      await ports.joined()
      const found = options.load ? await options.load(signal) : kept()
      if (signal.aborted) return
      options.reset(found.snapshot)
      const after = found.pos === undefined ? 0 : sequenceOf(found.pos)
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
