import { type Watched, watchUsers } from '@hubwire/client/watch'
import { useLive } from './live.js'

const NOBODY: ReadonlyMap<string, Watched> = new Map()

/** Who of these users is online, while the component is there. */
export function useWatch(users: readonly string[]): { users: ReadonlyMap<string, Watched>; stale: boolean } {
  const names = [...users].sort().join('\n') // a user has no line end; the same users in a new array are no new watch
  const { value, stale } = useLive(
    `watch ${names}`,
    (hub) => watchUsers(hub, names === '' ? [] : names.split('\n')),
    NOBODY,
  )
  return { users: value, stale }
}
