import type { Hub } from '@hubwire/client'
import { createContext, createElement, type ReactElement, type ReactNode, useContext, useEffect } from 'react'

/** A component that goes may be back in a moment (StrictMode, a list that is sorted): so long what it uses is kept. */
export const KEEP_MS = 250

const HubContext = createContext<Hub | null>(null)

/** Gives the hub to what is below, and connects it in the browser. Whoever made the hub closes it. */
export function HubProvider({ hub, children }: { hub: Hub; children?: ReactNode }): ReactElement {
  useEffect(() => {
    hub.connect().catch(() => {}) // `failed` is a state
  }, [hub])
  return createElement(HubContext.Provider, { value: hub }, children)
}

export function useHub(): Hub {
  const hub = useContext(HubContext)
  if (!hub) throw new Error('useHub: there is no <HubProvider> above')
  return hub
}
