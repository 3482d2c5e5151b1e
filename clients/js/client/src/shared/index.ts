/** One socket for all tabs of a browser: the same interface, through a leading tab or a SharedWorker. */
import { type Action, createHub, type Hub, type HubOptions } from '@hubwire/client'
import { type Down, type Link, lockOf, type Up } from './messages.js'
import { createRelay } from './relay.js'
import { virtualSocket } from './socket.js'

export interface SharedHubOptions extends HubOptions {
  /** Tabs with the same name share a socket, so it must identify the user. */
  name: string
  /** The application's own worker, which runs `serveHub`. Without it one of the tabs holds the socket. */
  worker?: { port: MessagePort }
}

/** A hub like that of `createHub`. If a browser lacks Web Locks or BroadcastChannel, it has its own socket. */
export function createSharedHub<A extends Action = Action>(options: SharedHubOptions): Hub<A> {
  const { name, worker, getToken, getTicket, ...rest } = options
  const { locks } = globalThis.navigator ?? {}
  if (!locks || !(worker || globalThis.BroadcastChannel)) return createHub<A>(options)

  const tab = Math.random().toString(36).slice(2)
  let release = () => {}
  const over = new Promise<void>((resolve) => {
    release = resolve
  })
  const link = worker ? linkOf<Up, Down>(worker.port, () => true) : channelLink<Up, Down>(name, false)
  // the lock proves that this tab is alive, so it must be held before anybody checks it
  const locked = new Promise<void>((resolve) => {
    locks.request(lockOf(tab), () => {
      resolve()
      return over
    })
  })
  if (!worker) lead(options, over, () => hub.state === 'closed')
  const hub = createHub<A>({
    ...rest,
    url: () => locked.then(() => 'hubwire:'),
    device: false, // the holder's: it keeps the cursor
    webSocket: virtualSocket(link, tab),
    reconnect: { baseMs: 100, capMs: 1_000 },
  })
  hub.on('state', ({ state }) => {
    if (state !== 'closed') return
    release()
    link.close()
  })
  return hub
}

/** Waits until no other tab leads, then leads until the tab ends. */
function lead({ name, ...options }: SharedHubOptions, over: Promise<void>, closed: () => boolean): void {
  navigator.locks.request(`hubwire ${name}`, async () => {
    if (closed()) return
    const link = channelLink<Down, Up>(name, true)
    const hub = createHub(options)
    const relay = createRelay(hub, link.post)
    link.listen(relay.receive)
    relay.announce()
    hub.connect().catch(() => {}) // the tabs learn of it from their state
    await over
    await hub.close()
    relay.stop()
    link.close()
  })
}

/** Serves each connecting tab, in the application's SharedWorker. */
export function serveHub(hub: Hub): void {
  const byTab = new Map<string, MessagePort>()
  const relay = createRelay(hub, (message) => {
    for (const port of message.kind === 'serve' ? byTab.values() : [byTab.get(message.tab)]) port?.postMessage(message)
  })
  const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void }
  scope.onconnect = ({ ports: [port] }) => {
    if (!port) return
    port.onmessage = ({ data }: MessageEvent<Up>) => {
      byTab.set(data.tab, port)
      relay.receive(data)
    }
  }
  hub.connect().catch(() => {})
}

function channelLink<Out, In extends { up: boolean }>(name: string, up: boolean): Link<Out, In> {
  // the direction alone distinguishes this tab's messages from those of others
  return linkOf<Out, In>(new BroadcastChannel(`hubwire ${name}`), (message) => message.up === up)
}

function linkOf<Out, In>(channel: BroadcastChannel | MessagePort, mine: (message: In) => boolean): Link<Out, In> {
  return {
    post: (message) => channel.postMessage(message),
    listen(listener) {
      channel.onmessage = ({ data }: MessageEvent<In>) => mine(data) && listener(data)
    },
    close: () => channel.close(),
  }
}
