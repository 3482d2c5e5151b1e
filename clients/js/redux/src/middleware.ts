import type { Ack, Action, Channel, Delivered, Hub, HubError, Sent } from '@hubwire/client'
import type { ConversationList } from '@hubwire/client/conversations'
import { isOutgoing, type Outgoing } from './actions.js'

/**
 * Which types to accept from the network. Any member may send any `type`: allow only what your reducers expect from
 * others.
 */
export type Accept = readonly string[] | RegExp | ((type: string, action: Action) => boolean)

export interface HubMiddlewareOptions {
  hub: Hub
  accept: Accept
  /** The hub's conversations, to be kept in the state and updated by sent messages. */
  conversations?: ConversationList
}

/** Compatible with Redux and Redux Toolkit. */
export type HubMiddleware = (api: {
  dispatch(action: never): unknown
}) => (next: (action: unknown) => unknown) => (action: unknown) => unknown

/** Type of `dispatch`, which returns a `Sent` for an outgoing action: `useDispatch<HubDispatch & AppDispatch>()`. */
export type HubDispatch = <A extends Outgoing>(action: A) => Sent

/** Sends actions that have an address, dispatches accepted ones, and keeps the connection's state in the store. */
export function createHubMiddleware({ hub, accept, conversations }: HubMiddlewareOptions): HubMiddleware {
  const accepts = accepting(accept)
  return (api) => {
    const dispatch = api.dispatch as (action: Action) => unknown
    const fromWire = new WeakSet<object>()
    const open = new Map<string, Action>() // sent, and neither confirmed nor rejected

    const confirm = (id: string, action: Action, ack: Partial<Ack> = {}) => {
      if (open.delete(id)) dispatch({ type: 'hub/acked', payload: { id, action, ...ack } })
    }
    watch(hub, dispatch)
    if (conversations) list(conversations, dispatch)
    hub.on('action', (action) => {
      const { id, from } = action.meta.hub
      if (id !== undefined && from === hub.user && open.has(id)) return confirm(id, action)
      if (!accepts(action)) return
      fromWire.add(action)
      dispatch(action)
    })

    function send(action: Outgoing, next: (action: unknown) => unknown): Sent | boolean {
      const { to, id: chosen, ephemeral } = action.meta.hub
      if (ephemeral) {
        next(action)
        return hub.ephemeral(to, action)
      }
      const options = chosen === undefined ? {} : { id: chosen }
      const sent =
        conversations && to.startsWith('user:')
          ? conversations.send(to.slice('user:'.length), action, options)
          : hub.send(to, action, options)
      const { id } = sent
      const local = { ...action, meta: { ...action.meta, hub: { to, id } } }
      open.set(id, local)
      next(local)
      dispatch({ type: 'hub/pending', payload: { id, to, type: action.type } })
      sent.then(
        (ack) => {
          // if the echo of a send arrives, its place in the stream counts, not the moment of the acknowledgement
          if (!/^(user|session):/.test(to) && hub.position(to) !== undefined) return
          const { pos, ts } = ack
          const meta = { ...local.meta, hub: { ...local.meta.hub, pos, ts, from: hub.user } }
          confirm(id, { ...local, meta } as Action, ack)
        },
        ({ code, message, outcome, retry }: HubError) => {
          if (open.delete(id)) dispatch({ type: 'hub/rejected', payload: { id, to, code, message, outcome, retry } })
        },
      )
      return sent
    }
    const command = commands(hub, dispatch, conversations)
    return (next) => (action) => {
      if (isOutgoing(action) && !fromWire.has(action)) return send(action, next)
      command(action as Action)
      return next(action)
    }
  }
}

function accepting(accept: Accept): (action: Delivered<Action>) => boolean {
  if (!accept) throw new TypeError('createHubMiddleware: `accept` must say which types may come in')
  const test =
    typeof accept === 'function'
      ? accept
      : accept instanceof RegExp
        ? (type: string) => type.search(accept) >= 0
        : (type: string) => accept.includes(type)
  // types with @@ belong to frameworks, those with hub/ to this middleware
  return (action) => !/^(@@|hub\/)/.test(action.type) && test(action.type, action)
}

function watch(hub: Hub, dispatch: (action: Action) => unknown): void {
  const told = (more: object = {}) =>
    dispatch({ type: 'hub/state', payload: { state: hub.state, synced: hub.synced, user: hub.user, ...more } })
  hub.on('state', ({ retryInMs, error }) =>
    told({ ...(retryInMs === undefined ? {} : { retryInMs }), ...(error ? { error: error.code } : {}) }),
  )
  hub.on('synced', () => told())
  hub.on('gap', (gap) => dispatch({ type: 'hub/gap', payload: gap }))
}

function list(conversations: ConversationList, dispatch: (action: Action) => unknown): void {
  const told = () => {
    const { value, stale } = conversations
    dispatch({ type: 'hub/conversations', payload: { list: value.conversations, more: value.more, stale } })
  }
  conversations.onChange(told)
  if (!conversations.stale) told()
}

/** Executes `hub/join`, `hub/leave`, `hub/view` and `hub/read`. */
function commands(
  hub: Hub,
  dispatch: (action: Action) => unknown,
  conversations?: ConversationList,
): (action: Action) => void {
  const joined = new Map<string, { channel: Channel; stop(): void }>()
  let viewed: string | undefined

  const follow = (key: string, address: string, channel: Channel) => {
    const { presence } = channel
    const tell = () =>
      dispatch({ type: 'hub/presence', payload: { address, members: presence.snapshot(), stale: presence.stale } })
    joined.set(key, { channel, stop: presence.onChange(tell) })
    tell()
  }
  const release = (key: string, leaves: boolean) => {
    const entry = joined.get(key)
    entry?.stop()
    joined.delete(key)
    if (leaves) entry?.channel.leave()
  }
  return ({ type, payload }) => {
    const address = payload as string
    if (type === 'hub/join' && !joined.has(address)) follow(address, address, hub.channel(address))
    else if (type === 'hub/leave') release(address, true)
    else if (type === 'hub/read')
      conversations?.read(address).catch(() => {}) // on failure the unread count simply stays
    else if (type === 'hub/view' && address !== viewed) {
      release('view', address === null)
      viewed = address ?? undefined
      if (address !== null) follow('view', address, hub.view(address))
    }
  }
}
