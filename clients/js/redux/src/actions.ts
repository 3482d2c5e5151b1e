import type { Action, HubMeta } from '@hubwire/client'

/** An action on its way to the hub. */
export type Outgoing<T extends string = string, P = unknown> = {
  type: T
  payload?: P
  error?: boolean
  meta: { hub: HubMeta & { to: string }; [key: string]: unknown }
}

/** What the middleware understands; plain objects, as stores want them. */
type Command<T extends string, P> = { type: T; payload: P }

export interface HubActionCreator<P, T extends string> {
  (payload: P): Outgoing<T, P>
  readonly type: T
  match(action: unknown): action is Outgoing<T, P>
}

/** A creator of actions that the middleware sends to `to`. */
export function hubAction<P = void, T extends string = string>(
  type: T,
  to: string | ((payload: P) => string),
): HubActionCreator<P, T> {
  const create = (payload: P): Outgoing<T, P> => ({
    type,
    payload,
    meta: { hub: { to: typeof to === 'string' ? to : to(payload) } },
  })
  const match = (action: unknown): action is Outgoing<T, P> => (action as Action | null)?.type === type
  return Object.assign(create, { type, match })
}

/** Be in a channel: its publications are dispatched, its members are in the state. */
export const join = (address: string): Command<'hub/join', string> => ({ type: 'hub/join', payload: address })
export const leave = (address: string): Command<'hub/leave', string> => ({ type: 'hub/leave', payload: address })
/** The one channel whose view is open; `null`: none. */
export const view = (address: string | null): Command<'hub/view', string | null> => ({
  type: 'hub/view',
  payload: address,
})
/** Everything of the conversation with that user is read; needs the option `conversations` of the middleware. */
export const read = (user: string): Command<'hub/read', string> => ({ type: 'hub/read', payload: user })
/** The application loaded anew what the stream feeds: its gap is closed. */
export const loaded = (stream: string): Command<'hub/loaded', string> => ({ type: 'hub/loaded', payload: stream })

/** Sent and neither acknowledged nor come back: reducers see it before the node does. */
export function isOutgoing(action: unknown): action is Outgoing {
  const hub = (action as Action | null)?.meta?.hub
  return hub?.to !== undefined && hub.ts === undefined
}
