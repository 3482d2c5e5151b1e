import { expect, test } from 'vitest'
import { PAGE } from '../build.mjs'

const { applied, EDITS_PER_SNAPSHOT, isComplete, orderOf, snapshotOf } = await import(`${PAGE}order-model.js`)
const { seedOrder, totalOf } = await import(`${PAGE}seed.js`)

// The state of an order is derived from its log alone, so it must not depend on who derives it, or when.
const publication = (seq: number, type: string, payload: unknown) => ({
  type,
  payload,
  meta: { hub: { to: 'ch:acme/order/1842', from: 'ada', ts: seq, pos: `${seq}-7` } },
})
const edit = (seq: number) => publication(seq, 'order/line', { line: seq % 3, field: 'quantity', value: seq })
const log = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => edit(from + n))
const table = ({ lines, status, comments }: Record<string, unknown>) => ({ lines, status, comments })

test('a snapshot replaces everything before it, even if the log no longer has that', () => {
  const begin = orderOf('1842', log(1, EDITS_PER_SNAPSHOT))
  expect(begin.edits).toBe(EDITS_PER_SNAPSHOT)
  // an edit that is stored just before the snapshot counts although its position is lower
  const rest = [edit(101), publication(102, 'order/snapshot', snapshotOf(begin)), edit(103)]
  const whole = [...log(1, EDITS_PER_SNAPSHOT), ...rest].reduce<Record<string, unknown>>(applied, seedOrder('1842'))
  expect(whole.edits).toBe(1)
  expect(table(orderOf('1842', rest))).toEqual(table(whole))
  expect(whole.pos).toBe('103-7')
  expect(isComplete(rest), 'what the snapshot sums up ends before the first of these').toBe(false)
  expect(isComplete([...log(90, 100), ...rest])).toBe(true)
})

test('a snapshot that claims a future position is ignored', () => {
  const begin = orderOf('1842', log(1, 5))
  const forged = publication(6, 'order/snapshot', { ...snapshotOf(begin), at: '99-7' })
  expect(orderOf('1842', [...log(1, 5), forged, edit(7)]).lines[1].quantity).toBe(7)
})

test('other actions change nothing but the position', () => {
  const order = orderOf('1842', log(1, 5))
  const payloads = [
    undefined,
    null,
    'text',
    { line: 99, field: 'quantity', value: 1 },
    { line: 'length', field: 'quantity', value: 1 },
    { line: 0, field: '__proto__', value: 1 },
    { line: 0, field: 'quantity', value: -1 },
    { line: 0, field: 'price', value: 1.5 },
    { line: 0, field: 'name', value: { toString: 'x' } },
  ]
  const types = ['order/line', '@@redux/INIT', 'constructor', '__proto__', 'order/snapshot', 'order/status']
  for (const type of types) {
    for (const payload of payloads) {
      const after = applied(order, publication(9, type, payload))
      expect(table(after), `${type} ${JSON.stringify(payload)}`).toEqual(table(order))
    }
  }
  expect(totalOf(order)).toBeGreaterThan(0)
})
