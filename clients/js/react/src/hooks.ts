import type { Action, Delivered, Direct, Hub, State } from '@hubwire/client'
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { useHub } from './context.js'

/** The state of the connection, and whether everything missed was delivered. */
export function useConnection(): { state: State; synced: boolean } {
  const hub = useHub()
  const subscribe = useMemo(
    () => (changed: () => void) => {
      const undo = [hub.on('state', changed), hub.on('synced', changed)]
      return () => undo.forEach((run) => run())
    },
    [hub],
  )
  const state = useSyncExternalStore(
    subscribe,
    () => hub.state,
    () => 'idle' as const,
  )
  const synced = useSyncExternalStore(
    subscribe,
    () => hub.synced,
    () => false,
  )
  return useMemo(() => ({ state, synced }), [state, synced])
}

/** Messages from and to a user, including copies of what this user sent from other sessions. */
export function useDirect(user: string, onAction?: (action: Delivered<Action>) => void): Direct {
  const hub = useHub()
  const direct = useMemo(() => hub.direct(user), [hub, user])
  useHandler(onAction, direct.on)
  return direct
}

/** Calls the handler for each action of that type, whatever its address. */
export function useAction(type: string, onAction: (action: Delivered<Action>) => void): void {
  const hub = useHub()
  const on = useMemo<Direct['on']>(() => (handler) => onType(hub, type, handler), [hub, type])
  useHandler(onAction, on)
}

const onType = (hub: Hub, type: string, handler: (action: Delivered<Action>) => void) => hub.onAction(type, handler)

/** Always uses the latest handler, without a new subscription per render. */
function useHandler(handler: ((action: Delivered<Action>) => void) | undefined, on: Direct['on']): void {
  const latest = useRef(handler)
  latest.current = handler
  useEffect(() => on((action) => latest.current?.(action)), [on])
}
