// The socket as the page can watch, cut and forbid it: the hub is given this class instead of the browser's own.
import { msgpack } from './hubwire.js'
import { createStore } from './store.js'

const FRAMES_MAX = 200
const SECRETS = ['ticket', 'token']

export function createFrames() {
  const frames = createStore([])
  let counter = 0
  let current
  let offline = false

  function record(direction, data) {
    const bytes = typeof data === 'string' ? data.length : data.byteLength
    const decoded = typeof data === 'string' ? JSON.parse(data) : msgpack.decode(data)
    const actions = Array.isArray(decoded) ? decoded : [decoded]
    const at = new Date()
    const entries = actions.map((action) => ({ n: ++counter, at, direction, bytes, action: withoutSecrets(action) }))
    frames.set((known) => [...known, ...entries].slice(-FRAMES_MAX))
  }

  class WatchedSocket extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols)
      current = this
      this.addEventListener('message', ({ data }) => record('in', data))
    }

    send(data) {
      record('out', typeof data === 'string' ? data : data.slice().buffer)
      super.send(data)
    }
  }

  return {
    frames,
    socket: WatchedSocket,
    /** Closes the socket; the hub opens another. */
    cut: () => current?.close(),
    get offline() {
      return offline
    },
    /** While offline no socket opens. */
    setOffline(wanted) {
      offline = wanted
      if (offline) current?.close()
    },
    clear: () => frames.set(() => []),
  }
}

function withoutSecrets(action) {
  const { payload } = action
  if (!payload || !SECRETS.some((name) => name in Object(payload))) return action
  const hidden = SECRETS.filter((name) => name in payload).map((name) => [name, '…'])
  return { ...action, payload: { ...payload, ...Object.fromEntries(hidden) } }
}
