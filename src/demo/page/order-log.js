// An open order: its log from the channel of its view, what of one's own edits is not in it yet, and who else is here.
import { applied, EDITS_PER_SNAPSHOT, isChange, isComplete, orderOf, snapshotOf } from './order-model.js'
import { seedOrder, sequenceOf } from './seed.js'
import { createStore } from './store.js'

/** A focus fades after `ttlMs` and is renewed before. */
const FOCUS = { everyMs: 200, ttlMs: 6_000 }
const FOCUS_RENEW_MS = 2_000
const TYPING = { everyMs: 1_000, ttlMs: 4_000 }
const POINTER = { everyMs: 100, ttlMs: 3_000 }

export function openOrder({ hub, link, org, id, summarise }) {
  const channel = hub.view(`ch:${org}/order/${id}`)
  const store = createStore({
    order: seedOrder(id),
    loaded: false,
    pending: [],
    notice: '',
    people: [],
    focus: new Map(),
    typing: new Map(),
    pointers: new Map(),
  })
  let missed = 0
  let away = false
  let reloads = 0

  /** A pending edit is done once the log was followed to its position. */
  const without = (pending, { pos }, doneId) =>
    pending.filter((edit) => edit.id !== doneId && !(edit.pos && sequenceOf(edit.pos) <= sequenceOf(pos)))

  async function load() {
    const publications = []
    for await (const page of channel.history({ limit: 100 })) {
      publications.unshift(...page)
      if (isComplete(publications)) break
    }
    const order = orderOf(id, publications)
    return { snapshot: order, ...(order.pos ? { pos: order.pos } : {}) }
  }

  function reset(order) {
    const notice = reloads++ ? 'Reloaded: too much was missed to replay it.' : ''
    missed = 0
    store.set(({ pending, ...rest }) => ({ ...rest, order, pending: without(pending, order), loaded: true, notice }))
  }

  function apply(action) {
    const { from, id: actionId, pos } = action.meta.hub
    if (pos === undefined) return
    const mine = from === hub.user
    if (away && !mine && isChange(action)) missed++
    store.set(({ order, pending, ...rest }) => {
      const next = applied(order, action)
      return { ...rest, order: next, pending: without(pending, next, mine ? actionId : undefined) }
    })
    if (!mine || !isChange(action)) return
    const { order } = store.get()
    summarise(order)
    if (order.edits >= EDITS_PER_SNAPSHOT)
      channel.send({ type: 'order/snapshot', payload: snapshotOf(order) }).catch(() => {})
  }

  const stop = channel.sync({ load, reset, apply })
  const focus = channel.signal('order/focus', FOCUS)
  const typing = channel.signal('order/typing', TYPING)
  const pointer = channel.signal('order/pointer', POINTER)
  let focused
  const renewal = setInterval(() => focused && focus.set(focused), FOCUS_RENEW_MS)
  const people = () =>
    store.set({ people: channel.presence.snapshot().map(({ user, sessions }) => ({ user, sessions })) })
  const undo = [
    channel.presence.onChange(people),
    focus.onChange((values) => store.set({ focus: values })),
    typing.onChange((values) => store.set({ typing: values })),
    pointer.onChange((values) => store.set({ pointers: values })),
    hub.on('synced', () => {
      if (away && missed) store.set({ notice: `${missed} ${missed === 1 ? 'change' : 'changes'} while you were away` })
      away = false
      missed = 0
    }),
    link.subscribe(() => {
      if (link.get().state === 'reconnecting') away = true
    }),
  ]
  people()

  async function send(action, edit) {
    const sent = channel.send(action)
    const update = (change) =>
      store.set(({ pending, order, ...rest }) => {
        const changed = pending.map((known) => (known.id === sent.id ? { ...known, ...change } : known))
        return { ...rest, order, pending: without(changed, order) }
      })
    store.set(({ pending, ...rest }) => ({
      ...rest,
      pending: [...pending, { id: sent.id, state: 'pending', ...edit }],
    }))
    try {
      const { pos } = await sent
      update({ pos })
    } catch ({ code, message }) {
      update({ state: 'refused', reason: `${code}: ${message}` })
    }
  }

  return {
    store,
    setLine: (line, field, value) =>
      send({ type: 'order/line', payload: { line, field, value } }, { line, field, value }),
    setStatus: (status) => send({ type: 'order/status', payload: { status } }, { field: 'status', value: status }),
    comment: (text) => send({ type: 'order/comment', payload: { text } }, { field: 'comment', value: text }),
    undo: (editId) =>
      store.set(({ pending, ...rest }) => ({ ...rest, pending: pending.filter((edit) => edit.id !== editId) })),
    dismiss: () => store.set({ notice: '' }),
    setFocus(place) {
      focused = place
      focus.set(place)
    },
    setTyping: (is) => typing.set(is || undefined),
    setPointer: (place) => pointer.set(place),
    close() {
      clearInterval(renewal)
      for (const run of [...undo, focus.close, typing.close, pointer.close, stop]) run()
    },
  }
}
