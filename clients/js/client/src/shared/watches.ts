import type { Hub } from '@hubwire/client'
import { sharesOf } from '../shares.js'

/** What a tab watches. */
export interface Watched {
  users?: string[]
  orgs?: string[]
}

/**
 * The watches of one tab. All tabs are one session for the node, so one tab must not end a watch that another one
 * needs.
 */
export interface Watches {
  begin(watched: Watched): void
  /** Returns what no tab watches any more. */
  end(watched?: Watched): Watched | undefined
}

const sharesIn = sharesOf()

export function createWatches(hub: Hub): Watches {
  const shares = sharesIn(hub)
  const mine = new Set<string>()
  const names = ({ users = [], orgs = [] }: Watched) => [
    ...users.map((it) => `user:${it}`),
    ...orgs.map((it) => `org:${it}`),
  ]
  return {
    begin(watched) {
      const added = names(watched).filter((name) => !mine.has(name))
      for (const name of added) mine.add(name)
      shares.take(added)
    },
    end(watched) {
      const ended = watched ? names(watched).filter((name) => mine.has(name)) : [...mine]
      for (const name of ended) mine.delete(name)
      const left = shares.give(ended)
      const of = (kind: string) => left.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length))
      return left.length ? { users: of('user:'), orgs: of('org:') } : undefined
    },
  }
}
