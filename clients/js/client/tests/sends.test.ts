import { createHub, type HubOptions } from '@hubwire/client'
import { describe, expect, test } from 'vitest'
import { settle, virtualClock } from '../../testing/clock.js'
import { publication, scriptedSockets } from '../../testing/script.js'

// The outcome of a send, whatever happens to its connection; on virtual time (s01-s11, x02, d03).
async function start(options: Partial<HubOptions> = {}, connect = true) {
  const clock = virtualClock()
  const wire = scriptedSockets()
  const hub = createHub({
    url: 'ws://node/ws',
    getToken: () => 'token',
    device: false,
    environment: clock,
    webSocket: wire.webSocket,
    ...options,
  })
  const errors: string[] = []
  hub.on('error', ({ code }) => errors.push(code))
  hub.connect()
  await settle()
  if (connect) await wire.current().welcome()
  const written = () =>
    wire
      .current()
      .frames.flat()
      .filter(({ type }) => !type.startsWith('@@hub/'))
      .map(({ payload }) => payload)
  const back = async (resumed = true) => {
    await wire.current().close(1006)
    await clock.advance(250)
    await wire.current().welcome()
    if (!resumed) return
    for (const [to, pos] of [
      ['user:me', '10-1'],
      ['org:acme', '20-1'],
    ] as const)
      await wire.current().say(answer(to, pos))
  }
  return { clock, hub, errors, written, back, ...wire }
}

const answer = (to: string, pos: string) => ({
  type: '@@hub/resumed',
  payload: { recovered: true, pos },
  meta: { hub: { to } },
})
const TO = 'ch:acme/x'
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'acked',
    (error) => `${error.code} ${error.outcome}`,
  )

test('sends without a connection wait, and leave in order and in one frame once there is one', async () => {
  const { hub, current } = await start({}, false)
  const sent = [1, 2, 3].map((payload) => hub.send(TO, { type: 'n', payload }))
  await current().welcome()
  expect(
    current()
      .frames.at(-1)
      ?.map(({ payload }) => payload),
  ).toEqual([1, 2, 3])
  await current().ack({ pos: '1-1' })
  expect(await Promise.all(sent)).toMatchObject([{ pos: '1-1', attempts: 1 }, {}, {}])
})

test('an unacknowledged send is repeated with its id, before newer ones, and a duplicate is success', async () => {
  const { hub, current, back, written } = await start()
  const first = hub.send(TO, { type: 'n', payload: 1 })
  await settle()
  const id = current().last('n')?.meta?.hub?.id
  await current().close(1006)
  hub.send(TO, { type: 'n', payload: 2 })
  await back()
  expect(written()).toEqual([1, 2])
  expect(
    current()
      .frames.flat()
      .find(({ payload }) => payload === 1)?.meta?.hub?.id,
  ).toBe(id)
  await current().ack({ pos: '5-1', duplicate: true })
  expect(await first).toEqual({ pos: '5-1', duplicate: true, attempts: 2 })
})

test('after the window of the node it is not repeated: its echo is the answer, and without one in the replay the outcome is `unknown`', async () => {
  const { clock, hub, current, written } = await start()
  const sent = [hub.send('org:acme', { type: 'n', payload: 1 }), hub.send('org:acme', { type: 'n', payload: 2 })]
  await settle()
  await current().close(1006)
  await clock.advance(130_000)
  const socket = current()
  await socket.welcome({ resume: { 'user:me': '10-1', 'org:acme': '21-1' } })
  await socket.say(answer('user:me', '10-1'))
  await socket.say(answer('org:acme', '20-1'))
  expect(written()).toEqual([])
  await socket.say(publication('org:acme', '21-1', 1, { from: 'me', id: sent[0]?.id }))
  expect(await sent[0]).toMatchObject({ pos: '21-1', duplicate: true })
  expect(await code(sent[1] as Promise<unknown>)).toBe('timeout unknown')
})

test('the queue is bounded: a send beyond the bound is rejected, the others are not', async () => {
  const { hub, current } = await start({ queue: { items: 10 } }, false)
  const sent = Array.from({ length: 11 }, (_, payload) => hub.send(TO, { type: 'n', payload }))
  expect(await code(sent[10] as Promise<unknown>)).toBe('queue_full not_done')
  await current().welcome()
  await current().ack({ pos: '1-1' })
  expect(await Promise.all(sent.slice(0, 10).map(code))).toEqual(Array(10).fill('acked'))
})

test('the queue is bounded in bytes, too', async () => {
  const { hub } = await start({ queue: { bytes: 1_000 } }, false)
  const sent = [
    hub.send(TO, { type: 'n', payload: 'x'.repeat(800) }),
    hub.send(TO, { type: 'n', payload: 'x'.repeat(800) }),
  ]
  expect(await code(sent[1] as Promise<unknown>)).toBe('queue_full not_done')
})

test('ephemeral actions are not queued', async () => {
  const { hub, current } = await start({}, false)
  expect(hub.ephemeral(TO, { type: 'typing' })).toBe(false)
  await current().welcome()
  expect(hub.ephemeral(TO, { type: 'typing' })).toBe(true)
  await settle()
  expect(
    current()
      .frames.flat()
      .filter(({ type }) => type === 'typing'),
  ).toHaveLength(1)
})

test('a deadline that passes while offline: expired, and never sent', async () => {
  const { clock, hub, current, written } = await start({}, false)
  const sent = code(hub.send(TO, { type: 'n' }, { deadlineMs: 1_000 }))
  const queued = code(hub.send(TO, { type: 'n' }))
  await clock.advance(1_000)
  expect(await sent).toBe('expired not_done')
  await clock.advance(8_000)
  await clock.advance(51_000)
  expect(await queued).toBe('expired not_done')
  await clock.advance(40_000)
  await current().welcome()
  expect(written()).toEqual([])
})

test('a deadline that passes after the send: the outcome is unknown', async () => {
  const { clock, hub } = await start()
  const sent = code(hub.send(TO, { type: 'n' }, { deadlineMs: 1_000 }))
  await clock.advance(1_000)
  expect(await sent).toBe('timeout unknown')
})

test('cancel: true before it was sent, false after', async () => {
  const { hub, current, written } = await start({}, false)
  const queued = hub.send(TO, { type: 'n', payload: 1 })
  const kept = hub.send(TO, { type: 'n', payload: 2 })
  expect(queued.cancel()).toBe(true)
  expect(await code(queued)).toBe('cancelled not_done')
  await current().welcome()
  expect(kept.cancel()).toBe(false)
  expect(written()).toEqual([2])
  const controller = new AbortController()
  const aborted = hub.send(TO, { type: 'n', payload: 3 }, { signal: controller.signal })
  controller.abort()
  expect(await code(aborted)).toBe('cancelled not_done')
})

test('without a queue: only when connected', async () => {
  const { hub } = await start({}, false)
  expect(await code(hub.send(TO, { type: 'n' }, { queue: false }))).toBe('not_connected not_done')
})

test('an action longer than the node allows is not sent', async () => {
  const { hub, written } = await start()
  expect(await code(hub.send(TO, { type: 'n', payload: 'x'.repeat(70_000) }))).toBe('too_big not_done')
  expect(await code(hub.send(TO, { type: 'é'.repeat(65) }))).toBe('too_big not_done')
  expect(await code(hub.send(TO, { type: 'n' }, { id: 'x'.repeat(65) }))).toBe('too_big not_done')
  expect(written()).toEqual([])
})

test("the hub's own types cannot be sent", async () => {
  const { hub } = await start()
  expect(await code(hub.send(TO, { type: '@@hub/leave' }))).toBe('forbidden_type not_done')
})

test('a frame is never longer than the node allows, however much is sent in one turn', async () => {
  const { hub, current } = await start()
  for (let n = 0; n < 20; n++) hub.send(TO, { type: 'n', payload: 'x'.repeat(10_000) })
  await settle()
  const sizes = current().frames.map((frame) => JSON.stringify(frame).length)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536)
  expect(current().frames.length).toBeLessThan(8)
})

describe('refusals', () => {
  test('a temporary refusal is retried after the pause that the node states, and newer sends wait behind it', async () => {
    const { clock, hub, current, written } = await start()
    const sent = hub.send(TO, { type: 'n', payload: 1 })
    await settle()
    await current().say({
      type: '@@hub/error',
      payload: { code: 'rate_limited', message: '', retry: true, retry_after_ms: 1_500 },
      meta: { hub: { re: sent.id } },
    })
    hub.send(TO, { type: 'n', payload: 2 })
    await clock.advance(1_499)
    expect(written()).toEqual([1])
    await clock.advance(1)
    expect(written()).toEqual([1, 1])
    await current().say({ type: '@@hub/ack', payload: { pos: '3-1' }, meta: { hub: { re: sent.id } } })
    expect(await sent).toMatchObject({ attempts: 2 })
    expect(written()).toEqual([1, 1, 2])
  })

  test('the client keeps to the rate of the node, so that nothing is refused or overtaken', async () => {
    const { clock, hub, current, written } = await start({}, false)
    for (let n = 0; n < 30; n++) hub.send(TO, { type: 'n', payload: n })
    await current().welcome({ limits: { actions_per_second: 10, actions_burst: 20 } })
    expect(written()).toHaveLength(10)
    await clock.advance(1_000)
    await current().ack({ pos: '1-1' })
    expect(written()).toHaveLength(19)
    await clock.advance(2_000)
    expect(written()).toEqual(Array.from({ length: 30 }, (_, n) => n))
  })

  test('after a temporary refusal one send leaves at a time, then more with each answer', async () => {
    const { clock, hub, current } = await start()
    const sent = Array.from({ length: 8 }, (_, payload) => hub.send(TO, { type: 'n', payload }))
    await settle()
    const payload = { code: 'overloaded', message: '', retry: true }
    for (const { id } of sent) await current().say({ type: '@@hub/error', payload, meta: { hub: { re: id } } })
    const before = current().frames.length
    await clock.advance(1_000)
    await current().say({ type: '@@hub/ack', payload: { pos: '1-1' }, meta: { hub: { re: sent[0]?.id as string } } })
    const sizes = current()
      .frames.slice(before)
      .map((frame) => frame.length)
    expect(sizes).toEqual([1, 2])
  })

  test('a permanent refusal is a rejection', async () => {
    const { hub, current } = await start()
    const sent = hub.send(TO, { type: 'n' })
    await settle()
    const payload = { code: 'forbidden', message: 'no', retry: false }
    await current().say({ type: '@@hub/error', payload, meta: { hub: { re: sent.id } } })
    expect(await code(sent)).toBe('forbidden not_done')
  })

  test('a frame refused as a whole: the invalid action is rejected, the others are sent one by one', async () => {
    const { hub, current } = await start()
    const sent = [1, 2, 3].map((payload) => hub.send(TO, { type: 'n', payload }))
    await settle()
    const before = current().frames.length
    const payload = { code: 'too_deep', message: '', retry: false, not_done: sent.map(({ id }) => id) }
    await current().say({ type: '@@hub/error', payload, meta: { hub: { re: sent[1]?.id } } })
    expect(await code(sent[1] as Promise<unknown>)).toBe('too_deep not_done')
    expect(
      current()
        .frames.slice(before)
        .map((frame) => frame.map((action) => action.payload)),
    ).toEqual([[1], [3]])
  })

  test('without an answer it is sent again, alone, with the same id', async () => {
    const { clock, hub, current } = await start()
    const sent = hub.send(TO, { type: 'n', payload: 1 })
    await clock.advance(15_000)
    const said = current()
      .frames.flat()
      .filter(({ type }) => type === 'n')
    expect(said.map(({ meta }) => meta?.hub?.id)).toEqual([sent.id, sent.id])
  })
})

test('a rejection that nobody awaits is an error event, an awaited one is not', async () => {
  const { hub, errors } = await start()
  hub.send(TO, { type: '@@hub/leave' })
  await settle()
  expect(errors).toEqual(['forbidden_type'])
  await code(hub.send(TO, { type: '@@hub/leave' }))
  await hub.send(TO, { type: '@@hub/leave' }).catch(() => {})
  expect(errors).toEqual(['forbidden_type'])
})

test('an acknowledgement moves no position: earlier publications of others still arrive', async () => {
  const { hub, current } = await start()
  const seen: unknown[] = []
  hub.inbox.on(({ payload }) => seen.push(payload))
  const sent = hub.send('user:me', { type: 'n' })
  await settle()
  await current().say({
    type: '@@hub/ack',
    payload: { pos: '15-1', sessions: 1, nodes: 1 },
    meta: { hub: { re: sent.id } },
  })
  await current().say(publication('user:me', '12-1', 'earlier'))
  expect(seen).toEqual(['earlier'])
})

test('closing with open sends rejects each of them', async () => {
  const { hub } = await start()
  const sent = hub.send(TO, { type: 'n' })
  await settle()
  const queued = hub.send(TO, { type: 'n' })
  await hub.close()
  expect(await code(sent)).toBe('closed unknown')
  expect(await code(queued)).toBe('closed not_done')
})

test('close waits for acknowledgements on request', async () => {
  const { hub, current } = await start()
  const sent = hub.send(TO, { type: 'n' })
  const closed = hub.close({ flushMs: 5_000 })
  await settle()
  await current().ack({ pos: '1-1' })
  await closed
  expect(await code(sent)).toBe('acked')
})
