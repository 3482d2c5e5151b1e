// An order as its log tells it: a pure function of the publications. What arrives is untrusted, so that everything is looked at.
import { STATUSES, seedOrder, sequenceOf } from './seed.js'

export const FIELDS = ['name', 'quantity', 'price']
const COMMENTS_MAX = 50
const TEXT_MAX = 2_000
/** After as many edits one of the editors sums them up, so that the log may forget what came before. */
export const EDITS_PER_SNAPSHOT = 100

const isText = (value) => typeof value === 'string' && value.length <= TEXT_MAX
const isAmount = (value) => Number.isInteger(value) && value >= 0 && value <= 1_000_000_000

const isValue = (field, value) => (field === 'name' ? isText(value) : isAmount(value))

const CHANGES = {
  'order/line'(order, { line, field, value }) {
    if (!order.lines[line] || !FIELDS.includes(field) || !isValue(field, value)) return order
    const lines = order.lines.map((known, n) => (n === line ? { ...known, [field]: value } : known))
    return { ...order, lines, edits: order.edits + 1 }
  },
  'order/status'(order, { status }) {
    return STATUSES.includes(status) ? { ...order, status, edits: order.edits + 1 } : order
  },
  'order/comment'(order, { text }, { from, ts, pos }) {
    if (!isText(text)) return order
    const comments = [...order.comments, { from, text, ts, pos }].slice(-COMMENTS_MAX)
    return { ...order, comments, edits: order.edits + 1 }
  },
}

/** Whether an action changes an order; anything else in its log is ignored. */
export const isChange = ({ type }) => Object.hasOwn(CHANGES, type)

/** The order after one more publication. */
export function applied(order, action) {
  const { hub } = action.meta
  const change = isChange(action) && Object(action.payload) === action.payload ? CHANGES[action.type] : undefined
  const next = change ? change(order, action.payload, hub) : order
  if (action.type === 'order/snapshot') return { ...next, edits: 0, pos: hub.pos }
  return { ...next, pos: hub.pos ?? order.pos }
}

/** The order after all of a log, which may begin with what a snapshot says. */
export function orderOf(id, publications) {
  const last = publications.findLastIndex(isSnapshot)
  if (last < 0) return publications.reduce(applied, seedOrder(id))
  const { at, status, lines, comments } = publications[last].payload
  const begin = { ...seedOrder(id), status, lines, comments, pos: at }
  const since = publications.filter(({ meta: { hub } }) => sequenceOf(hub.pos) > sequenceOf(at))
  return since.reduce(applied, begin)
}

/** Whether the end of a log begins early enough for its snapshot: edits stored before the snapshot, but after what it sums up, count. */
export const isComplete = (publications) =>
  publications.some((action) => isSnapshot(action) && isBefore(publications[0].meta.hub.pos, action.payload.at))

const isBefore = (pos, other) => sequenceOf(pos) <= sequenceOf(other)

function isSnapshot({ type, payload, meta }) {
  if (type !== 'order/snapshot') return false
  const { at, status, lines, comments } = Object(payload)
  const isLine = (line) => FIELDS.every((field) => isValue(field, Object(line)[field]))
  const isComment = (comment) => isText(Object(comment).text) && isText(comment.from)
  return (
    /^\d+-\d+$/.test(at) &&
    isBefore(at, meta.hub.pos) &&
    STATUSES.includes(status) &&
    [lines, comments].every(Array.isArray) &&
    lines.every(isLine) &&
    comments.every(isComment)
  )
}

/** What `order/snapshot` says of an order. */
export const snapshotOf = ({ pos, status, lines, comments }) => ({ at: pos, status, lines, comments })
