import type { HubMeta } from './action.js'
import { sequenceOf } from './streams.js'

/**
 * Copies of own direct messages: the acknowledgement reported them to this instance, so a replay must not deliver them
 * again.
 */
export interface OwnCopies {
  /** Acknowledged with this position of the copy in the own stream; from an older node only the id is known. */
  add(posOrId: string): void
  has(meta: HubMeta): boolean
}

/**
 * Beyond this number, only ids that this instance generated are still recognised, not those chosen by the application.
 */
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
