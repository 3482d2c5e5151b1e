import type { Hub } from '@hubwire/client'
import { createContext, createElement, type ReactElement, type ReactNode, useContext, useEffect } from 'react'

/**
 * How long the resources of an unmounted component are kept: it may be mounted again at once (StrictMode, a sorted
 * list).
 */
export const KEEP_MS = 250

const HubContext = createContext<Hub | null>(null)

/** Provides the hub to its children, and connects it in the browser. The creator of the hub has to close it. */
export function HubProvider({ hub, children }: { hub: Hub; children?: ReactNode }): ReactElement {
  useEffect(() => {
    hub.connect().catch(() => {}) // the state `failed` reports it
  }, [hub])
  return createElement(HubContext.Provider, { value: hub }, children)
}

export function useHub(): Hub {
  const hub = useContext(HubContext)
  if (!hub) throw new Error('useHub: there is no <HubProvider> above')
  return hub
}
