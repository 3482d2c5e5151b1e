// The driver of the conformance scenarios (clients/conformance/README.md) for @hubwire/client in Node:
//
//   clients/conformance/run --driver 'node clients/js/client/conformance/driver.mjs [--codec msgpack]'
//
// It drives the built package, so `npm run build` comes first.
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { createHub, json, refusalOf, Unauthorized } from '../dist/index.js'
import { msgpack } from '../dist/msgpack.js'
import { steerable } from './environment.mjs'

const codec = process.argv.includes('msgpack') ? msgpack : undefined
const clients = new Map()
let asked = 0

const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)

/** One client of the library, and what the scenario holds of it. */
class Client {
  constructor(name, options) {
    this.name = name
    this.environment = steerable()
    this.asks = new Map()
    this.sends = new Map()
    this.channels = new Map()
    this.hub = createHub({
      webSocket: WebSocket,
      environment: this.environment,
      ...(codec && { codec }),
      ...this.options(options),
    })
    this.listen()
  }

  options({ url, provider, device, start, reconnect = {}, queue = {}, ack_timeout_ms, lost_after_ms, auto_commit }) {
    const given = {
      url,
      start,
      device: device ?? false,
      reconnect: { baseMs: reconnect.base_ms, capMs: reconnect.cap_ms, attempts: reconnect.attempts },
      queue: { items: queue.items, bytes: queue.bytes, ttlMs: queue.ttl_ms },
      ackTimeoutMs: ack_timeout_ms,
      lostAfterMs: lost_after_ms,
      autoCommit: auto_commit,
    }
    if (provider) given[provider === 'ticket' ? 'getTicket' : 'getToken'] = (context) => this.ask(context)
    return given
  }

  tell(on, event) {
    tell({ on, client: this.name, ...event })
  }

  ask({ reason, attempt }) {
    const ask = `${++asked}`
    return new Promise((resolve, reject) => {
      this.asks.set(ask, { resolve, reject })
      this.tell('credential', { ask, reason, attempt })
    })
  }

  answer({ ask, token, ticket, error }) {
    const { resolve, reject } = this.asks.get(ask)
    this.asks.delete(ask)
    if (error) reject(error === 'unauthorized' ? new Unauthorized('told so') : new Error('told so'))
    else resolve(token ?? ticket)
  }

  listen() {
    const { hub } = this
    hub.on('state', ({ state, previous, error, retryInMs }) => {
      const { node, session } = hub.welcome ?? {}
      this.tell('state', { state, previous, code: error?.code, retry_in_ms: retryInMs, node, session })
    })
    hub.on('action', ({ type, payload, meta }) => {
      const { to, pos, id, from, ephemeral } = meta.hub
      this.tell('action', { type, payload, to, pos, id, from, ephemeral })
    })
    hub.on('gap', (gap) => this.tell('gap', gap))
    hub.on('bye', ({ retryInMs }) => this.tell('bye', { retry_in_ms: retryInMs }))
    hub.on('error', ({ code, message }) => this.tell('error', { code, message }))
  }

  settle(ref, sent) {
    this.sends.set(ref, sent)
    sent.then(
      ({ pos, duplicate, sessions, attempts }) => this.tell('acked', { ref, pos, duplicate, sessions, attempts }),
      ({ code, outcome }) => this.tell('rejected', { ref, code, outcome }),
    )
  }

  hold(address, channel) {
    this.channels.set(address, channel)
    channel.joined.then(
      () => this.tell('joined', { channel: address }),
      () => {},
    )
    const users = (members) => members.map(({ user }) => user)
    channel.presence.onChange(({ joined, left, changed }) => {
      const change = { joined: users(joined), left: users(left), changed: users(changed) }
      this.tell('presence', { channel: address, ...change, stale: channel.presence.stale })
    })
  }
}

const action = ({ type, payload, payload_bytes }) => ({
  type,
  payload: payload_bytes === undefined ? payload : 'x'.repeat(payload_bytes),
})

const commands = {
  open: (_, { client, options }) => void clients.set(client, new Client(client, options)),
  connect: ({ hub }) => void hub.connect().catch(() => {}),
  close: ({ hub }) => void hub.close(),
  credential: (client, command) => client.answer(command),
  send(client, command) {
    const { ref, to, id, deadline_ms: deadlineMs, queue, unheard } = command
    const sent = client.hub.send(to, action(command), { id, deadlineMs, queue })
    if (!unheard) client.settle(ref, sent)
  },
  batch(client, { items }) {
    // sends of one turn leave in one frame
    for (const item of items) client.settle(item.ref, client.hub.send(item.to, action(item)))
  },
  ephemeral: ({ hub }, command) => ({ sent: hub.ephemeral(command.to, action(command)) }),
  cancel: ({ sends }, { ref }) => ({ cancelled: sends.get(ref).cancel() }),
  join: (client, { channel }) => client.hold(channel, client.hub.channel(channel)),
  leave({ channels }, { channel }) {
    channels.get(channel).leave()
    channels.delete(channel)
  },
  view(client, { channel }) {
    const viewed = client.hub.view(channel)
    if (viewed) client.hold(channel, viewed)
  },
  members({ channels }, { channel }) {
    const { presence } = channels.get(channel)
    const members = Object.fromEntries([...presence.values()].map(({ user, sessions }) => [user, sessions]))
    return { members, stale: presence.stale }
  },
  throw: ({ hub }, { type }) =>
    void hub.onAction(type, () => {
      throw new Error('told to throw')
    }),
  hint: ({ environment }, { hint }) => environment.hint(hint),
  clock: ({ environment }, { by_ms }) => environment.shift(by_ms),
  decode: (_, { frame }) => ({ actions: [json.decode(frame)].flat() }),
  encode(_, { actions }) {
    // the library's frames have at least one action, and no more than the node takes
    if (!actions.length || actions.length > 64) return { failed: 'not one frame' }
    const refusal = actions.map((each) => refusalOf(each, { typeBytes: 128, idBytes: 64 })).find(Boolean)
    return refusal ? { failed: refusal.message } : { frame: json.frame(actions.map(json.encode)) }
  },
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line)
    try {
      const more = commands[command.do](clients.get(command.client), command)
      tell({ on: 'done', n: command.n, ...more })
    } catch (error) {
      tell({ on: 'done', n: command.n, failed: String(error) })
    }
  })
  .on('close', () => process.exit(0))

const abilities = ['tickets', 'presence', 'view', 'clock', 'hints', 'golden', 'suspend']
tell({ on: 'ready', name: '@hubwire/client', version: '0.1.0', codec: codec ? 'msgpack' : 'json', abilities })
