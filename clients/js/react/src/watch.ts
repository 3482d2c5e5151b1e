import { type Watch, type Watched, watchUsers } from '@hubwire/client/watch'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { useHub } from './context.js'

const NOBODY: ReadonlyMap<string, Watched> = new Map()

/** Who of these users is online, while the component is there. */
export function useWatch(users: readonly string[]): { users: ReadonlyMap<string, Watched>; stale: boolean } {
  const hub = useHub()
  const [watch, setWatch] = useState<Watch>()
  const names = [...users].sort().join('\n') // a user has no line end; the same users in a new array are no new watch
  useEffect(() => {
    const taken = watchUsers(hub, names === '' ? [] : names.split('\n'))
    setWatch(taken)
    return taken.close
  }, [hub, names])
  const subscribe = useCallback((changed: () => void) => watch?.onChange(changed) ?? (() => {}), [watch])
  const found = useSyncExternalStore(
    subscribe,
    () => watch?.users ?? NOBODY,
    () => NOBODY,
  )
  return { users: found, stale: watch?.stale ?? true }
}
