import type { HubMeta } from './action.js'
import { sequenceOf } from './streams.js'

/** The copies of one's own direct messages: this instance was told by the acknowledgement, so a replay must not tell it again. */
export interface OwnCopies {
  /** Acknowledged: the copy stands there in the own stream; of an older node only its id is known. */
  add(posOrId: string): void
  has(meta: HubMeta): boolean
}

/** Beyond, ids of this instance's own making are still recognised; ids the application chose are not. */
const KEPT_MAX = 1_000

export function createOwnCopies(prefix: string, last: () => string | undefined): OwnCopies {
  const positions = new Set<string>()
  return {
    add(posOrId) {
      positions.add(posOrId)
      if (positions.size <= KEPT_MAX) return
      const passed = sequenceOf(last() ?? '0')
      for (const kept of positions) if (sequenceOf(kept) <= passed) positions.delete(kept)
      for (const kept of positions) if (positions.size > KEPT_MAX) positions.delete(kept)
    },
    has: ({ pos, id = '' }) => positions.delete(pos ?? '') || positions.delete(id) || id.startsWith(prefix),
  }
}
