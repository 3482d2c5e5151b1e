import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode } from '../../testing/node.js'
import { type FaultyProxy, startProxy } from '../../testing/proxy.js'
import { collect, hubOf, numbers } from './hubs.js'

// After a connection breaks, missed publications arrive in order and once (r01, r02, r07, r09, d02, p03).
let node: HubwireNode
let proxy: FaultyProxy

beforeAll(async () => {
  node = await startNode({ settings: { STREAMS_USER_COUNT: 50, PRESENCE_LEFT_GRACE_MS: 0 } })
  proxy = await startProxy(node.publicPort)
})
afterAll(async () => {
  await proxy.stop()
  await node.stop()
})

test('user, organisation and view are complete, in order and without duplicates over 60 cuts under load', async () => {
  const writer = hubOf(node.url, 'writer')
  const reader = hubOf(proxy.url, 'reader')
  await Promise.all([writer.connect(), reader.connect()])
  const view = reader.view('ch:acme/load')
  await view.joined
  const seen = {
    user: collect<number>((handler) => reader.direct('writer').on(handler)),
    org: collect<number>((handler) => reader.org('acme').on(handler)),
    view: collect<number>((handler) => view.on(handler)),
  }
  const gaps = collect((handler) => reader.on('gap', (gap) => handler({ payload: gap })))
  let sent = 0
  for (let cuts = 0; cuts < 60; cuts++) {
    for (let burst = 0; burst < 5; burst++, sent++) {
      const to = ['user:reader', 'org:acme', 'ch:acme/load'] as const
      await Promise.all(to.map((address) => writer.send(address, { type: 'n', payload: sent })))
    }
    await eventually('the connection stands', () => reader.state === 'connected')
    proxy.cut()
  }
  await eventually('all arrive', () => Object.values(seen).every((list) => list.length >= sent), 20_000)
  expect(seen.user).toEqual(numbers(sent))
  expect(seen.org).toEqual(numbers(sent))
  expect(seen.view).toEqual(numbers(sent))
  expect(gaps).toEqual([])
}, 60_000)

test('a channel in which nothing was received yet resumes, too', async () => {
  const [a, b] = [hubOf(node.url, 'quiet-a'), hubOf(proxy.url, 'quiet-b')]
  await Promise.all([a.connect(), b.connect()])
  const channel = b.channel('ch:acme/quiet')
  await channel.joined
  const seen = collect((handler) => channel.on(handler))
  const direct = collect((handler) => b.inbox.on(handler))
  proxy.open = false
  proxy.cut()
  await eventually('it is cut', () => b.state === 'reconnecting')
  await a.send('ch:acme/quiet', { type: 'n', payload: 'channel' })
  await a.send('user:quiet-b', { type: 'n', payload: 'direct' })
  proxy.open = true
  await eventually('both arrive', () => seen.length && direct.length)
  expect([seen, direct]).toEqual([['channel'], ['direct']])
})

test('a client that was away for longer than the retention gets a gap, and continues', async () => {
  const [a, b] = [hubOf(node.url, 'long-a'), hubOf(proxy.url, 'long-b')]
  await Promise.all([a.connect(), b.connect()])
  await eventually('in step', () => b.synced)
  const gaps = collect<{ stream: string; cause: string }>((handler) => b.on('gap', (gap) => handler({ payload: gap })))
  await a.send('user:long-b', { type: 'n', payload: 'before' })
  const seen = collect((handler) => b.inbox.on(handler))
  proxy.open = false
  proxy.cut()
  await eventually('it is cut', () => b.state === 'reconnecting')
  for (const n of numbers(80)) await a.send('user:long-b', { type: 'n', payload: n })
  proxy.open = true
  await eventually('the gap is told', () => gaps.length)
  await a.send('user:long-b', { type: 'n', payload: 'after' })
  await eventually('it goes on', () => seen.includes('after'))
  expect(gaps).toMatchObject([{ stream: 'user:long-b', cause: 'not_recovered' }])
})

test('the view that was open is left when another opens after a reconnect', async () => {
  const [a, b] = [hubOf(proxy.url, 'view-a'), hubOf(node.url, 'view-b')]
  await Promise.all([a.connect(), b.connect()])
  const other = b.channel('ch:acme/view/1')
  await eventually('the list is there', () => other.presence.size === 1)
  a.view('ch:acme/view/1')
  await eventually('a is seen', () => other.presence.has('view-a'))
  const { session } = a
  proxy.cut()
  await eventually('a is back', () => a.synced && a.session !== session && other.presence.has('view-a'))
  a.view('ch:acme/view/2')
  await eventually('a left', () => !other.presence.has('view-a'))
})

test('of several views opened in one turn only the last one stays open', async () => {
  const [a, b] = [hubOf(node.url, 'race-a'), hubOf(node.url, 'race-b')]
  await Promise.all([a.connect(), b.connect()])
  const watched = ['1', '2', '3'].map((name) => b.channel(`ch:acme/race/${name}`))
  await eventually('the lists are there', () => watched.every(({ presence }) => presence.size === 1))
  const kept = a.channel('ch:acme/race/1') // another part of the page needs it
  a.view('ch:acme/race/1')
  a.view('ch:acme/race/2')
  a.view('ch:acme/race/3')
  await a.view('ch:acme/race/3').joined
  await eventually(
    'a is in 1 and 3',
    () => watched.map(({ presence }) => presence.has('race-a')).join() === 'true,false,true',
  )
  a.view(null)
  kept.leave()
  await eventually('a is nowhere', () => watched.every(({ presence }) => !presence.has('race-a')))
})

test('own direct messages reach the other session, and do not come back to this one', async () => {
  const [a, other] = [hubOf(proxy.url, 'twice', { device: 'd1' }), hubOf(node.url, 'twice', { device: 'd2' })]
  await Promise.all([a.connect(), other.connect()])
  const [own, copies] = [collect((handler) => a.inbox.on(handler)), collect((handler) => other.inbox.on(handler))]
  for (const n of numbers(5)) await a.send('user:somebody', { type: 'n', payload: n }, n ? {} : { id: 'chosen' })
  const { session } = a
  proxy.cut()
  await eventually('back', () => a.synced && a.session !== session)
  await other.send('user:somebody', { type: 'n', payload: 'from the other' })
  await eventually('the copy of the other arrives', () => own.length)
  await eventually('the copies arrive there', () => copies.length === 5)
  expect(own).toEqual(['from the other'])
  expect(copies).toEqual(numbers(5))
})

test('presence is kept as stale while disconnected, and then updated by one change', async () => {
  const hubs = ['p-a', 'p-b', 'p-c'].map((user, n) => hubOf(n ? node.url : proxy.url, user))
  await Promise.all(hubs.map((hub) => hub.connect()))
  const [mine, , third] = hubs.map((hub) => hub.channel('ch:acme/presence'))
  await eventually('three', () => mine!.presence.size === 3 && third!.presence.size === 3)
  const changes: string[] = []
  mine!.presence.onChange(({ joined, left }) => {
    for (const { user } of joined) changes.push(`+${user}`)
    for (const { user } of left) changes.push(`-${user}`)
  })
  proxy.open = false
  proxy.cut()
  await eventually('stale', () => mine!.presence.stale)
  expect([...mine!.presence.keys()].sort()).toEqual(['p-a', 'p-b', 'p-c'])
  const snapshot = mine!.presence.snapshot()
  expect(mine!.presence.snapshot()).toBe(snapshot)
  third!.leave()
  await eventually('gone on the server', async () => {
    const answer = await node.api('/v1/presence?channel=ch:acme/presence').catch(() => undefined)
    return answer !== undefined
  })
  proxy.open = true
  await eventually('fresh', () => !mine!.presence.stale && mine!.presence.size === 2)
  expect(changes).toEqual(['-p-c'])
})
