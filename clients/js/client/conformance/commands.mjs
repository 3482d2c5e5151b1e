// The commands of a driver, wherever its clients run: see clients/conformance/README.md.
import { json, refusalOf } from '../dist/index.js'
import { steerable } from './environment.mjs'

/** One client of the library, and the handles that the scenario uses. */
class Client {
  constructor(name, options, { library, tell }) {
    this.name = name
    this.report = tell
    this.environment = steerable()
    this.asks = new Map()
    this.asked = 0
    this.sends = new Map()
    this.channels = new Map()
    const { createHub, createSharedHub, Unauthorized, codec, webSocket } = library
    this.library = library
    this.Unauthorized = Unauthorized
    const create = options.shared === undefined ? createHub : createSharedHub
    this.hub = create({ environment: this.environment, codec, webSocket, ...this.options(options) })
    this.listen()
  }

  options({
    shared,
    url,
    provider,
    device,
    start,
    reconnect = {},
    queue = {},
    ack_timeout_ms,
    lost_after_ms,
    auto_commit,
  }) {
    const given = {
      name: shared,
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
    this.report({ on, client: this.name, ...event })
  }

  ask({ reason, attempt }) {
    const ask = `${this.name} ${++this.asked}`
    return new Promise((resolve, reject) => {
      this.asks.set(ask, { resolve, reject })
      this.tell('credential', { ask, reason, attempt })
    })
  }

  answer({ ask, token, ticket, error }) {
    const { resolve, reject } = this.asks.get(ask)
    this.asks.delete(ask)
    if (error) reject(error === 'unauthorized' ? new this.Unauthorized('told so') : new Error('told so'))
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
    this.library.onRead?.(hub, ({ user }) => this.tell('read', { user }))
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
  connect: ({ hub }) => void hub.connect().catch(() => {}),
  close: ({ hub }) => void hub.close(),
  credential: (client, command) => client.answer(command),
  send(client, command) {
    const { ref, to, id, deadline_ms: deadlineMs, queue, unheard } = command
    const sent = client.hub.send(to, action(command), { id, deadlineMs, queue })
    if (!unheard) client.settle(ref, sent)
  },
  batch(client, { items }) {
    // sends of one turn share a frame
    for (const item of items) client.settle(item.ref, client.hub.send(item.to, action(item)))
  },
  watch(client, { users }) {
    const { watchUsers } = client.library
    const watch = watchUsers(client.hub, users)
    watch.onChange((known) => {
      const online = Object.fromEntries([...known.values()].map((it) => [it.user, it.online]))
      client.tell('watched', { users: online, stale: watch.stale })
    })
  },
  conversations(client, { ref }) {
    const { conversations } = client.library
    conversations(client.hub).then(({ conversations: found }) =>
      client.tell('conversations', {
        ref,
        unread: Object.fromEntries(found.map(({ user, unread }) => [user, unread])),
      }),
    )
  },
  read(client, { user }) {
    const { hub, library } = client
    library.markRead(hub, user, hub.position(`user:${hub.user}`)).catch(() => {})
  },
  rpc(client, { ref, method, params }) {
    const { rpc, RpcError } = client.library
    rpc(client.hub, method, params).then(
      (result) => client.tell('replied', { ref, result }),
      (error) => {
        if (error instanceof RpcError) client.tell('replied', { ref, error: error.error })
        else client.tell('rejected', { ref, code: error.code, outcome: error.outcome })
      },
    )
  },
  serve: (client, { method }) => void client.library.serve(client.hub, { [method]: (params) => params }),
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
    // the library's frames have at least one action, and no more than the node accepts
    if (!actions.length || actions.length > 64) return { failed: 'not one frame' }
    const refusal = actions.map((each) => refusalOf(each, { typeBytes: 128, idBytes: 64 })).find(Boolean)
    return refusal ? { failed: refusal.message } : { frame: json.frame(actions.map(json.encode)) }
  },
}

/** `library`: createHub, createSharedHub, Unauthorized, and options for all hubs. `tell`: receives events. */
export function createDriver(library, tell) {
  const clients = new Map()
  return {
    /** The content of `done` for the command. */
    run(command) {
      const { do: what, n, client, options } = command
      try {
        if (what === 'open') clients.set(client, new Client(client, options, { library, tell }))
        return { on: 'done', n, ...(what === 'open' ? {} : commands[what](clients.get(client), command)) }
      } catch (error) {
        return { on: 'done', n, failed: String(error) }
      }
    },
  }
}
