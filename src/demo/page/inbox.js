// Conversations, out of the one stream that holds all direct messages of this user, own ones included.
import { sequenceOf } from './seed.js'
import { createStore } from './store.js'

const PAGES_MAX = 5

export function openInbox({ hub }) {
  /** Messages and receipts by id: history and live deliveries may tell the same twice. */
  const store = createStore({ messages: new Map(), receipts: new Map() })
  const ownStream = () => `user:${hub.user}`

  function put(message) {
    store.set((state) => {
      const known = state.messages.get(message.id)
      return { ...state, messages: new Map(state.messages).set(message.id, { ...known, ...message }) }
    })
  }

  function told({ type, payload, meta: { hub: told } }) {
    const { from, to, id, pos, ts } = told
    if (from === undefined || pos === undefined) return
    const peer = from === hub.user ? to.slice('user:'.length) : from
    const { text, upTo } = Object(payload)
    if (type === 'chat/message' && typeof text === 'string') put({ id: id ?? pos, peer, from, text, pos, ts })
    if (type === 'chat/read' && typeof upTo === 'string') receipt(from, peer, upTo)
  }

  function receipt(reader, peer, upTo) {
    store.set((state) => ({ ...state, receipts: new Map(state.receipts).set(`${reader} ${peer}`, upTo) }))
  }

  async function load() {
    let pages = 0
    for await (const page of hub.inbox.history({ limit: 100 })) {
      // from the newest page to the oldest: a receipt of an older page must not replace a newer one
      const known = new Map(store.get().receipts)
      page.forEach(told)
      if (pages) store.set((state) => ({ ...state, receipts: new Map([...state.receipts, ...known]) }))
      if (++pages >= PAGES_MAX) break
    }
    commit()
  }

  /** How far `reader` read the conversation, as a sequence number. */
  function readUpTo(reader, peer) {
    const { messages, receipts } = store.get()
    return sequenceOf(messages.get(receipts.get(`${reader} ${peer}`))?.pos)
  }

  const isUnread = ({ peer, from, pos }) => from === peer && sequenceOf(pos) > readUpTo(hub.user, peer)

  /** The device's cursor stands before the oldest message that was not read. */
  function commit() {
    const inOrder = [...store.get().messages.values()].filter(({ pos }) => pos).sort(byPosition)
    const oldest = inOrder.findIndex(isUnread)
    if (oldest < 0) hub.inbox.commit()
    else if (oldest > 0) hub.inbox.commit(inOrder[oldest - 1].pos)
  }

  const undo = [hub.inbox.on(told), hub.on('gap', ({ stream }) => stream === ownStream() && load().catch(() => {}))]
  hub
    .connect()
    .then(load)
    .catch(() => {})

  return {
    store,
    /** Messages with a user, oldest first; each says how far it came. */
    conversation(peer) {
      const read = readUpTo(peer, peer)
      return [...store.get().messages.values()]
        .filter((message) => message.peer === peer)
        .sort(byPosition)
        .map((message) => ({ ...message, state: stateOf(message, read) }))
    },
    unread: (peer) =>
      [...store.get().messages.values()].filter((message) => message.peer === peer && isUnread(message)).length,
    peers: () => [...new Set([...store.get().messages.values()].map(({ peer }) => peer))],
    async send(peer, text) {
      const sent = hub.send(`user:${peer}`, { type: 'chat/message', payload: { text } })
      const { id } = sent
      put({ id, peer, from: hub.user, text, ts: hub.now(), outcome: 'sending' })
      try {
        const { ownPos, pos, sessions } = await sent
        put({ id, pos: ownPos ?? pos, outcome: sessions === 0 ? 'waiting' : 'delivered' })
      } catch ({ code, message }) {
        put({ id, outcome: 'refused', reason: `${code}: ${message}` })
      }
    },
    /** Says that everything in the conversation was read. */
    read(peer) {
      const last = [...store.get().messages.values()].filter((message) => message.peer === peer && isUnread(message))
      if (!last.length) return
      const { id } = last.sort(byPosition).at(-1)
      receipt(hub.user, peer, id)
      hub.send(`user:${peer}`, { type: 'chat/read', payload: { upTo: id } }).catch(() => {})
      commit()
    },
    close: () => undo.forEach((run) => run()),
  }
}

/** What was not stored yet comes last. */
const byPosition = (a, b) => (sequenceOf(a.pos) || Number.MAX_VALUE) - (sequenceOf(b.pos) || Number.MAX_VALUE)

function stateOf({ peer, from, pos, outcome }, read) {
  if (from === peer) return 'received'
  if (pos !== undefined && sequenceOf(pos) <= read) return 'read'
  return outcome ?? 'sent'
}
