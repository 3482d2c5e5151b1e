import type { HubError } from '@hubwire/client'
import { type Watched, watchUsers } from '@hubwire/client/watch'
import { useLive } from './live.js'

const NOBODY: ReadonlyMap<string, Watched> = new Map()

/**
 * Which of these users are online, while the component is mounted. `refused`: the node watches none of them, because
 * the client may not ask about one.
 */
export function useWatch(users: readonly string[]): {
  users: ReadonlyMap<string, Watched>
  stale: boolean
  refused: HubError | undefined
} {
  const names = [...users].sort().join('\n') // user ids have no line break; equal sets share a name
  const { value, stale, refused } = useLive(
    `watch ${names}`,
    (hub) => watchUsers(hub, names === '' ? [] : names.split('\n')),
    NOBODY,
  )
  return { users: value, stale, refused }
}
