import { type Watched, watchUsers } from '@hubwire/client/watch'
import { useLive } from './live.js'

const NOBODY: ReadonlyMap<string, Watched> = new Map()

/** Which of these users are online, while the component is mounted. */
export function useWatch(users: readonly string[]): { users: ReadonlyMap<string, Watched>; stale: boolean } {
  const names = [...users].sort().join('\n') // user ids have no line break; equal sets share a name
  const { value, stale } = useLive(
    `watch ${names}`,
    (hub) => watchUsers(hub, names === '' ? [] : names.split('\n')),
    NOBODY,
  )
  return { users: value, stale }
}
