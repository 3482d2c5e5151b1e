import type { Action, HubMeta } from '@hubwire/client'

/** An action to be sent by the hub. */
export type Outgoing<T extends string = string, P = unknown> = {
  type: T
  payload?: P
  error?: boolean
  meta: { hub: HubMeta & { to: string }; [key: string]: unknown }
}

/** The commands of the middleware, plain objects as required by stores. */
type Command<T extends string, P> = { type: T; payload: P }

export interface HubActionCreator<P, T extends string> {
  (payload: P): Outgoing<T, P>
  readonly type: T
  match(action: unknown): action is Outgoing<T, P>
}

/** An action creator; the middleware sends its actions to `to`. */
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

/** Joins a channel: its publications are dispatched, its members are in the state. */
export const join = (address: string): Command<'hub/join', string> => ({ type: 'hub/join', payload: address })
export const leave = (address: string): Command<'hub/leave', string> => ({ type: 'hub/leave', payload: address })
/** Joins the one channel that is viewed; `null`: none. */
export const view = (address: string | null): Command<'hub/view', string | null> => ({
  type: 'hub/view',
  payload: address,
})
/** Marks the conversation with that user as read; requires the middleware's option `conversations`. */
export const read = (user: string): Command<'hub/read', string> => ({ type: 'hub/read', payload: user })
/** The application has reloaded what is derived from the stream: removes its gap from the state. */
export const loaded = (stream: string): Command<'hub/loaded', string> => ({ type: 'hub/loaded', payload: stream })

/** Whether an action was sent and not confirmed yet: reducers see it before the node does. */
export function isOutgoing(action: unknown): action is Outgoing {
  const hub = (action as Action | null)?.meta?.hub
  return hub?.to !== undefined && hub.ts === undefined
}
