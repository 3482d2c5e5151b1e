import { createConnection, createServer, type Socket } from 'node:net'

/** A network that can be broken: between a client and its node. */
export interface FaultyProxy {
  readonly url: string
  readonly connections: number
  /** Connections opened so far. */
  readonly opened: number
  /** Where new connections go. */
  target: number
  /** `false`: new connections are refused. */
  open: boolean
  /** As something on the way that knows no WebSockets: requests for one end without an answer. */
  noSockets: boolean
  /** WebSockets asked for so far. */
  readonly sockets: number
  /** Bytes go nowhere, and no end is told. */
  blackHole: boolean
  /** Nothing comes from the node any more, until it is `false` again. */
  deaf: boolean
  /** All connections end, with a reset. */
  cut(): void
  stop(): Promise<void>
}

export async function startProxy(target: number): Promise<FaultyProxy> {
  const pairs = new Set<[Socket, Socket]>()
  const server = createServer((client) => {
    proxy.opened++
    if (!proxy.open) {
      client.destroy()
      return
    }
    client.once('data', (first) => {
      if (!first.toString('latin1').startsWith('GET /ws')) return
      proxy.sockets++
      if (proxy.noSockets) pair.forEach((socket) => socket.destroy())
    })
    const node = createConnection(proxy.target, '127.0.0.1')
    const pair: [Socket, Socket] = [client, node]
    pairs.add(pair)
    client.on('data', (data) => proxy.blackHole || node.destroyed || node.write(data))
    node.on('data', (data) => proxy.blackHole || proxy.deaf || client.write(data))
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        pairs.delete(pair)
        if (!proxy.blackHole) pair.forEach((each) => each.destroy())
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const cut = () => {
    for (const pair of pairs) pair.forEach((socket) => socket.destroy())
    pairs.clear()
  }
  const proxy = {
    url: `ws://127.0.0.1:${port}/ws`,
    get connections() {
      return pairs.size
    },
    opened: 0,
    target,
    open: true,
    noSockets: false,
    sockets: 0,
    blackHole: false,
    deaf: false,
    cut,
    stop: () =>
      new Promise<void>((resolve) => {
        cut()
        server.close(() => resolve())
      }),
  }
  return proxy
}
