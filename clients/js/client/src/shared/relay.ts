import type { Action, Delivered, Hub } from '@hubwire/client'
import { ALL, type Down, lockOf, type Up } from './messages.js'
import { createRecent } from './recent.js'
import { createSession, type Session } from './session.js'

/** The holder's side: acts as a node for the tabs, and as one client for the node. */
export interface Relay {
  receive(message: Up): void
  /** Announces to the tabs that they can connect. */
  announce(): void
  /** To be called after its hub was closed, which disconnected the tabs. */
  stop(): void
}

export function createRelay(hub: Hub, post: (message: Down) => void): Relay {
  const sessions = new Map<string, Session>()
  const recent = createRecent(hub)
  let served = false

  const streamOf = (to: string) => (to.startsWith('user:') ? `user:${hub.user}` : to)
  const end = (tab: string, code?: number) => {
    sessions.get(tab)?.end()
    if (sessions.delete(tab) && code !== undefined) post({ up: false, tab, kind: 'close', code })
  }
  const announce = () => post({ up: false, tab: ALL, kind: 'serve' })

  const undo = [
    hub.on('action', (action) => {
      const { to, pos } = action.meta.hub
      const stream = streamOf(to)
      if (pos !== undefined) recent.add(stream, action)
      for (const session of sessions.values()) session.deliver(stream, action)
    }),
    hub.on('control', (action) => {
      // pushes about presence, contacts and read marks; an rpc has a single reply, so it goes to the holder's hub only
      if (action.type !== '@@hub/rpc') for (const session of sessions.values()) session.say(action)
    }),
    hub.on('gap', ({ stream, pos }) => {
      recent.clear(stream, pos)
      for (const session of sessions.values())
        session.say({ type: '@@hub/lag', payload: { pos }, meta: { hub: { to: stream } } })
    }),
    hub.on('state', ({ state, previous }) => {
      if (state === 'connected') {
        for (const [stream, pos] of Object.entries(hub.welcome?.resume ?? {})) {
          // the user's own stream starts at the cursor, which is earlier
          if (!stream.startsWith('user:')) recent.begin(stream, pos)
        }
        announce()
      } else if (previous === 'connected') {
        // tabs show the true state: they reconnect when the connection is back
        for (const tab of [...sessions.keys()]) end(tab, state === 'failed' ? 4403 : 4000)
      }
    }),
  ]

  function open(tab: string) {
    end(tab)
    if (hub.state !== 'connected') return // `serve` follows
    const session = createSession({
      hub,
      recent,
      tab,
      first: () => !served && (served = true),
      post: (frame) => post({ up: false, tab, kind: 'frame', frame }),
      others(action, stream) {
        for (const [other, each] of sessions) if (other !== tab) each.deliver(stream, action as Delivered<Action>)
      },
    })
    sessions.set(tab, session)
    post({ up: false, tab, kind: 'open' })
    navigator.locks?.request(lockOf(tab), { mode: 'shared' }, () => sessions.get(tab) === session && end(tab))
  }

  return {
    announce,
    receive({ tab, kind, frame }) {
      if (kind === 'open') open(tab)
      else if (kind === 'close') end(tab)
      else sessions.get(tab)?.receive(frame as string)
    },
    stop: () => undo.forEach((run) => run()),
  }
}
