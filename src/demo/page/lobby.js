// The channel everybody of an organisation is in: who is online and where, and the sums of the orders.
import { orderIds, STATUSES, seedOrder, sequenceOf, totalOf } from './seed.js'
import { createStore } from './store.js'

/** Where somebody is fades after `ttlMs` and is renewed before. */
const WHERE = { everyMs: 200, ttlMs: 10_000 }
const WHERE_RENEW_MS = 4_000
const SUMMARY_DELAY_MS = 300

export function openLobby({ hub, org }) {
  const channel = hub.channel(`ch:${org}/orders`)
  const summaries = orderIds(org).map((id) => {
    const order = seedOrder(id)
    return [id, { status: order.status, total: totalOf(order), pos: undefined }]
  })
  const store = createStore({ online: [], where: new Map(), summaries: new Map(summaries) })
  const where = channel.signal('demo/where', WHERE)
  let order = ''
  const timers = new Map()

  /** Two editors may sum up in the other order than they edited: the newest state of the order counts. */
  function told({ type, payload }) {
    if (type !== 'order/summary') return
    const { id, status, total, pos } = Object(payload)
    const known = store.get().summaries.get(id)
    if (!known || !STATUSES.includes(status) || !Number.isSafeInteger(total)) return
    if (typeof pos !== 'string' || sequenceOf(pos) <= sequenceOf(known.pos)) return
    store.set((state) => ({ ...state, summaries: new Map(state.summaries).set(id, { status, total, pos }) }))
  }

  const announce = () => where.set({ order, away: document.hidden })
  const undo = [
    channel.sync({
      async load() {
        const pages = []
        for await (const page of channel.history({ limit: 100 })) pages.unshift(...page)
        return { snapshot: pages }
      },
      reset: (publications) => publications.forEach(told),
      apply: told,
    }),
    channel.presence.onChange(({ joined }) => {
      store.set({ online: channel.presence.snapshot().map(({ user }) => user) })
      if (joined.length) announce()
    }),
    where.onChange((values) => store.set({ where: values })),
    channel.leave,
  ]
  const renewal = setInterval(announce, WHERE_RENEW_MS)
  document.addEventListener('visibilitychange', announce)
  channel.joined.then(announce, () => {})

  return {
    store,
    /** Says which order one has open. */
    setOrder(id) {
      order = id
      if (hub.state === 'connected') announce()
    },
    /** Tells everybody what an order comes to, once its edits pause. */
    summarise({ id, status, pos, ...rest }) {
      clearTimeout(timers.get(id))
      const payload = { id, status, total: totalOf(rest), pos }
      const tell = () => channel.send({ type: 'order/summary', payload }).catch(() => {})
      timers.set(id, setTimeout(tell, SUMMARY_DELAY_MS))
    },
    close() {
      clearInterval(renewal)
      document.removeEventListener('visibilitychange', announce)
      for (const run of undo) run()
    },
  }
}
