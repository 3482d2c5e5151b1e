import type { Hub, HubError } from '@hubwire/client'
import type { Live } from '@hubwire/client/watch'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { KEEP_MS, useHub } from './context.js'

/** What the components of a hub follow, by name: those that follow the same thing share it. */
interface Shared {
  readonly live: Live<unknown>
  users: number
}

const followed = new WeakMap<Hub, Map<string, Shared>>()

function take(hub: Hub, name: string, begin: (hub: Hub) => Live<unknown>): [Live<unknown>, () => void] {
  const all = followed.get(hub) ?? new Map<string, Shared>()
  followed.set(hub, all)
  const shared = all.get(name) ?? { live: begin(hub), users: 0 }
  all.set(name, shared)
  shared.users++
  const release = () => {
    shared.users--
    if (shared.users) return
    all.delete(name)
    shared.live.close()
  }
  return [shared.live, () => setTimeout(release, KEEP_MS)]
}

/** Follows something while the component is mounted; `undefined` before that, and on the server. */
export function useLive<T, L extends Live<T>>(
  name: string,
  begin: (hub: Hub) => L,
  first: T,
): { live: L | undefined; value: T; stale: boolean; refused: HubError | undefined } {
  const hub = useHub()
  const [held, setHeld] = useState<{ name: string; live: L }>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name says all that `begin` depends on
  useEffect(() => {
    const [live, release] = take(hub, name, begin)
    setHeld({ name, live: live as L })
    return release
  }, [hub, name])
  const live = held?.name === name ? held.live : undefined
  const subscribe = useCallback((changed: () => void) => live?.onChange(changed) ?? (() => {}), [live])
  const value = useSyncExternalStore(
    subscribe,
    () => live?.value ?? first,
    () => first,
  )
  const stale = useSyncExternalStore(
    subscribe,
    () => live?.stale ?? true,
    () => true,
  )
  const refused = useSyncExternalStore(
    subscribe,
    () => live?.refused,
    () => undefined,
  )
  return { live, value, stale, refused }
}
