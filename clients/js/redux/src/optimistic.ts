import type { Action } from '@hubwire/client'
import { isOutgoing } from './actions.js'

/** The state as the server has it, and as the user sees it: with unconfirmed actions applied on top. */
export interface Optimistic<S> {
  readonly confirmed: S
  readonly pending: readonly Action[]
  readonly value: S
}

/**
 * A user's actions apply at once. A confirmed action moves to its place in the server's order; a rejected one is
 * undone.
 */
export function optimistic<S>(
  // biome-ignore lint/suspicious/noExplicitAny: reducers name the actions they know
  reducer: (state: S | undefined, action: any) => S,
): (state: Optimistic<S> | undefined, action: { type: string }) => Optimistic<S> {
  const on = (confirmed: S, pending: readonly Action[], before?: Optimistic<S>): Optimistic<S> => {
    if (before && before.confirmed === confirmed && before.pending === pending) return before
    return { confirmed, pending, value: pending.reduce<S>(reducer, confirmed) }
  }
  return (state, action: Action) => {
    if (!state) return on(reducer(undefined, action), [])
    const { confirmed, pending } = state
    if (isOutgoing(action) && action.meta.hub.id !== undefined) {
      return { confirmed, pending: [...pending, action], value: reducer(state.value, action) }
    }
    if (action.type === 'hub/acked' || action.type === 'hub/rejected') {
      const { id, action: echo } = action.payload as { id: string; action?: Action }
      const rest = pending.filter(({ meta }) => meta?.hub?.id !== id)
      if (rest.length === pending.length) return state
      return on(echo ? reducer(confirmed, echo) : confirmed, rest)
    }
    return on(reducer(confirmed, action), pending, state)
  }
}
