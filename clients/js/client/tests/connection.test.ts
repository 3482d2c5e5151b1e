import { createHub, type HubOptions, Unauthorized } from '@hubwire/client'
import { describe, expect, test } from 'vitest'
import { settle, virtualClock } from '../../testing/clock.js'
import { scriptedSockets } from '../../testing/script.js'

// When and how often a socket is opened, and when never again; on virtual time (c02, c04, c05, a02-a04, a06, l01, l02).
function start(options: Partial<HubOptions> = {}) {
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
  const states: string[] = []
  const delays: number[] = []
  const errors: string[] = []
  hub.on('state', ({ state, retryInMs }) => {
    states.push(state)
    if (retryInMs !== undefined) delays.push(retryInMs)
  })
  hub.on('error', ({ code }) => errors.push(code))
  return { clock, hub, states, delays, errors, ...wire }
}

test('the socket opens only once the credential is there, however long that takes', async () => {
  let give = (_: string) => {}
  const { clock, hub, sockets, current } = start({ getToken: () => new Promise((resolve) => (give = resolve)) })
  const connected = hub.connect()
  await clock.advance(8_000)
  expect(sockets).toHaveLength(0)
  give('late')
  await settle()
  await current().welcome()
  expect(current().frames[0]).toMatchObject([{ type: '@@hub/auth', payload: { token: 'late' } }])
  expect((await connected).user).toBe('me')
  expect(hub.state).toBe('connected')
})

test('delays grow while connections do not last, and are reset by one that does', async () => {
  const { clock, hub, delays, current } = start()
  hub.connect()
  for (let n = 0; n < 5; n++) {
    await settle()
    await current().welcome()
    await current().close(1006)
    await clock.advance(delays.at(-1) as number)
  }
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000])
  await current().welcome()
  await clock.advance(10_000)
  await current().close(1006)
  expect(delays.at(-1)).toBe(250)
})

test('jitter is full: a delay is anything from zero to the bound, which is capped', async () => {
  const { clock, hub, delays, current } = start()
  hub.connect()
  for (let n = 0; n < 9; n++) {
    clock.chance = n % 2 ? 0 : 0.999
    await settle()
    await current().close(1006)
    await clock.advance(delays.at(-1) as number)
  }
  expect(delays.filter((_, n) => n % 2)).toEqual([0, 0, 0, 0])
  expect(delays.at(-1)).toBeCloseTo(0.999 * 20_000)
})

describe('the close code decides', () => {
  test.each([
    [1006, 250],
    [1001, 250],
    [4001, 250],
    [4042, 250],
    [1011, 1_000],
    [4101, 1_000],
    [4250, 1_000],
  ])('%i: again after %i ms of jitter', async (code, delay) => {
    const { hub, delays, current } = start()
    hub.connect()
    await settle()
    await current().welcome()
    await current().close(code)
    expect(delays).toEqual([delay])
  })

  test.each([4400, 4403, 4408, 4409, 4429, 4499])('%i: failed, and nothing is tried again', async (code) => {
    const { clock, hub, sockets, current } = start()
    const connected = hub.connect().catch((error) => error.code)
    await settle()
    await current().close(code)
    expect(await connected).toBe('not_connected')
    expect(hub.state).toBe('failed')
    clock.happen('online')
    await clock.advance(600_000)
    expect(sockets).toHaveLength(1)
  })

  test('4000: reconnects after the time that the node stated', async () => {
    const { hub, delays, current } = start()
    hub.connect()
    await settle()
    await current().welcome()
    await current().say({ type: '@@hub/bye', payload: { reason: 'draining', retry_in_ms: 1_234 } })
    await current().close(4000)
    expect(delays).toEqual([1_234])
  })
})

describe('credentials', () => {
  test('refused: the provider is called once more with the reason; refused again: failed', async () => {
    const reasons: string[] = []
    const { clock, hub, current } = start({ getToken: ({ reason }) => `${reasons.push(reason)}` })
    hub.connect().catch(() => {})
    await settle()
    await current().open()
    await current().close(4401)
    await clock.advance(1_000)
    await current().open()
    await current().close(4401)
    await clock.advance(600_000)
    expect(reasons).toEqual(['connect', 'rejected'])
    expect(hub.state).toBe('failed')
  })

  test('a session that ends with 4401 gets a new credential each time', async () => {
    const reasons: string[] = []
    const { clock, hub, current } = start({
      getTicket: ({ reason }) => `t${reasons.push(reason)}`,
      getToken: undefined,
    })
    hub.connect()
    for (let n = 0; n < 3; n++) {
      await clock.advance(1_000)
      await current().welcome()
      expect(current().frames[0]).toMatchObject([{ payload: { ticket: `t${n + 1}` } }])
      await current().close(4401, 'expired')
    }
    expect(hub.state).toBe('reconnecting')
    expect(reasons).toEqual(['connect', 'rejected', 'rejected'])
  })

  test('nobody is logged in: failed; any other error: retried', async () => {
    const out = start({
      getToken: () => {
        throw new Unauthorized('logged out')
      },
    })
    await expect(out.hub.connect()).rejects.toMatchObject({ code: 'failed' })
    expect(out.hub.state).toBe('failed')

    let calls = 0
    const flaky = start({ getToken: () => (++calls < 3 ? Promise.reject(new Error('503')) : 'token') })
    const connected = flaky.hub.connect()
    await flaky.clock.advance(60_000)
    await flaky.current().welcome()
    expect(await connected).toMatchObject({ user: 'me' })
  })

  test('a new one is sent before the old one expires', async () => {
    const reasons: string[] = []
    const { clock, hub, current } = start({ getToken: ({ reason }) => `${reasons.push(reason)}` })
    hub.connect()
    await settle()
    await current().welcome({ expires_in_ms: 10_000 })
    await clock.advance(7_999)
    expect(current().last('@@hub/refresh')).toBeUndefined()
    await clock.advance(1)
    const refresh = current().last('@@hub/refresh')
    expect(refresh).toMatchObject({ payload: { token: '2' } })
    const re = refresh?.meta?.hub?.id as string
    await current().say({ type: '@@hub/ack', payload: { expires_in_ms: 10_000 }, meta: { hub: { re } } })
    await clock.advance(8_000)
    expect(reasons).toEqual(['connect', 'refresh', 'refresh'])
  })
})

describe('liveness', () => {
  test('a silent link is pinged, and given up 10 s later', async () => {
    const { clock, hub, states, current } = start()
    hub.connect()
    await settle()
    await current().welcome()
    await clock.advance(24_999)
    expect(current().last('@@hub/ping')).toBeUndefined()
    await clock.advance(1)
    expect(current().last('@@hub/ping')).toBeDefined()
    await clock.advance(9_999)
    expect(hub.state).toBe('connected')
    await clock.advance(1)
    expect(states.at(-1)).toBe('reconnecting')
  })

  test('any frame is a sign of life', async () => {
    const { clock, hub, current } = start()
    hub.connect()
    await settle()
    await current().welcome()
    for (let n = 0; n < 20; n++) {
      await clock.advance(20_000)
      await current().say({ type: '@@hub/ping' })
    }
    expect(hub.state).toBe('connected')
    expect(
      current()
        .frames.flat()
        .filter(({ type }) => type === '@@hub/ping'),
    ).toHaveLength(20) // the answers
  })

  test('after a sleep the link is pinged at once, and has 3 s to answer', async () => {
    const { clock, hub, current, sockets } = start()
    hub.connect()
    await settle()
    await current().welcome()
    await clock.sleep(60_000)
    expect(current().last('@@hub/ping')).toBeDefined()
    await clock.advance(2_999)
    expect(hub.state).toBe('connected')
    await clock.advance(500)
    expect(sockets).toHaveLength(2)
  })

  test('a page that becomes visible pings; in backoff it reconnects at once', async () => {
    const { clock, hub, current, sockets } = start()
    hub.connect()
    await settle()
    await current().welcome()
    clock.happen('visible')
    expect(current().last('@@hub/ping')).toBeDefined()
    await current().close(4101)
    clock.happen('online')
    await settle()
    expect(sockets).toHaveLength(2)
  })

  test('an attempt without a connection for 10 s is given up', async () => {
    const { clock, hub, current, sockets } = start()
    hub.connect()
    await settle()
    await clock.advance(10_000)
    expect(current().ended).toBe(true)
    await clock.advance(250)
    expect(sockets).toHaveLength(2)
    expect(hub.state).toBe('reconnecting')
  })
})

test('nothing reconnects after close', async () => {
  const { clock, hub, current, sockets } = start()
  hub.connect()
  await settle()
  await current().welcome()
  await hub.close()
  clock.happen('online')
  clock.happen('visible')
  clock.happen('pageshow')
  hub.reconnect()
  await clock.advance(600_000)
  expect(sockets).toHaveLength(1)
  expect(hub.state).toBe('closed')
  await expect(hub.connect()).rejects.toMatchObject({ code: 'closed' })
})

test('a hidden page reconnects slowly', async () => {
  const { clock, hub, delays, current } = start()
  hub.connect()
  await settle()
  await current().welcome()
  clock.isHidden = true
  await current().close(1006)
  expect(delays).toEqual([10_000])
})

test('a page in the back/forward cache has no socket, and opens one when it is shown again', async () => {
  const { clock, hub, sockets, current } = start()
  hub.connect()
  await settle()
  await current().welcome()
  clock.happen('pagehide')
  expect(current().ended).toBe(true)
  await clock.advance(600_000)
  expect(sockets).toHaveLength(1)
  clock.happen('pageshow')
  await settle()
  expect(sockets).toHaveLength(2)
})

test('a longer disconnect emits lost once, and the reconnect restored once', async () => {
  const { clock, hub, current } = start()
  const told: unknown[] = []
  hub.on('lost', () => told.push('lost'))
  hub.on('restored', ({ afterMs }) => told.push(afterMs))
  hub.connect()
  await settle()
  await current().welcome()
  await current().close(1006)
  await clock.advance(4_999)
  expect(told).toEqual([])
  await clock.advance(1)
  await current().welcome()
  expect(told).toEqual(['lost', 5_000])
})

test('a handler that throws stops nothing, and causes an error event', async () => {
  const { hub, current, errors } = start()
  hub.connect()
  await settle()
  await current().welcome()
  const seen: unknown[] = []
  hub.on('action', () => {
    throw new Error('broken')
  })
  hub.on('action', ({ payload }) => seen.push(payload))
  for (const n of [21, 22]) {
    await current().say({ type: 'x', payload: n, meta: { hub: { to: 'org:acme', pos: `${n}-1`, ts: 1 } } })
  }
  expect(seen).toEqual([21, 22])
  expect(errors).toEqual(['failed', 'failed'])
})

test('a runtime without WebSocket gets an error with advice', async () => {
  const { webSocket, ...rest } = { webSocket: undefined }
  const had = (globalThis as { WebSocket?: unknown }).WebSocket
  ;(globalThis as { WebSocket?: unknown }).WebSocket = undefined
  try {
    const hub = createHub({ url: 'ws://node/ws', ...rest, ...(webSocket ? { webSocket } : {}) })
    await expect(hub.connect()).rejects.toThrow(/option `webSocket`/)
  } finally {
    ;(globalThis as { WebSocket?: unknown }).WebSocket = had
  }
})

test('a refresh that changes organisations: lost ones are not requested again, new ones are followed', async () => {
  const { clock, hub, current } = start()
  hub.connect()
  await settle()
  await current().welcome({
    resume: { 'user:me': '1-1', 'org:acme': '2-1', 'team:acme/ops': '3-1', 'org:system': '4-1' },
  })
  const told: unknown[] = []
  hub.on('orgs', (orgs) => told.push(orgs))
  const channel = hub.channel('ch:acme/a')
  channel.joined.catch((error) => told.push(error.code))
  const rights = { orgs: ['beta'], memberships: { beta: { roles: ['admin'], teams: [] } } }
  await current().say({ type: '@@hub/orgs', payload: { ...rights, resume: { 'org:beta': '9-1' } } })
  const left = { users: ['me'], reason: 'forbidden' }
  await current().say({ type: '@@hub/left', payload: left, meta: { hub: { to: 'ch:acme/a' } } })
  expect(told).toEqual([rights, 'forbidden'])
  expect(hub.memberships).toEqual(rights.memberships)
  await current().close(1006)
  await clock.advance(250)
  await current().open()
  const resume = current().last('@@hub/auth')?.payload
  expect(resume).toMatchObject({ resume: { 'user:me': '1-1', 'org:system': '4-1', 'org:beta': '9-1' } })
  expect(Object.keys((resume as { resume: object }).resume)).toHaveLength(3)
})

test('a refused stream is reported, and the others continue', async () => {
  const { clock, hub, current, errors } = start()
  hub.connect()
  await settle()
  await current().welcome()
  await current().close(1006)
  await clock.advance(250)
  await current().welcome({ resume: { 'user:me': '10-1' } })
  const error = { code: 'forbidden', message: 'no longer a member' }
  await current().say({
    type: '@@hub/resumed',
    payload: { recovered: false, error },
    meta: { hub: { to: 'org:acme' } },
  })
  expect(hub.synced).toBe(false)
  const mine = { recovered: true, pos: '10-1', top: '10-1' }
  await current().say({ type: '@@hub/resumed', payload: mine, meta: { hub: { to: 'user:me' } } })
  expect(hub.synced).toBe(true)
  expect(errors).toEqual(['forbidden'])
})
