import type { Hub } from '@hubwire/client'

/** Counts how many of a hub's watches name something: the node registers it once per session. */
export interface Shares {
  take(names: Iterable<string>): void
  /** Returns those that no watch names any more. */
  give(names: Iterable<string>): string[]
}

/** The counters of each hub for one kind of watch. */
export function sharesOf(): (hub: Hub) => Shares {
  const shares = new WeakMap<Hub, Shares>()
  return (hub) => {
    const known = shares.get(hub) ?? createShares()
    shares.set(hub, known)
    return known
  }
}

function createShares(): Shares {
  const counts = new Map<string, number>()
  return {
    take(names) {
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    },
    give: (names) =>
      [...names].filter((name) => {
        const left = (counts.get(name) ?? 1) - 1
        if (left) counts.set(name, left)
        else counts.delete(name)
        return !left
      }),
  }
}
