import { setProfile } from '@hubwire/client/people'
import { watchUsers } from '@hubwire/client/watch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode } from '../../testing/node.js'
import { hubOf } from './hubs.js'

let node: HubwireNode
beforeAll(async () => {
  node = await startNode({ settings: { PRESENCE_LEFT_GRACE_MS: 0, PRESENCE_DELAY_MS: 0, PRESENCE_WATCH_MAX: 3 } })
})
afterAll(() => node.stop())

test('watched users are announced when they come online and go offline, also after a reconnect', async () => {
  const hub = hubOf(node.url, 'u1')
  await hub.connect()
  const watch = watchUsers(hub, ['u2', 'u3'])
  const online = () => [...watch.users.values()].filter((it) => it.online).map((it) => it.user)
  await eventually('the first answer', () => !watch.stale)
  expect([...watch.users.keys()]).toEqual(['u2', 'u3'])
  const other = hubOf(node.url, 'u2')
  await other.connect()
  await eventually('u2 came', () => online().includes('u2'))
  await setProfile(other, { name: 'Bob' })
  await eventually('its profile', () => watch.users.get('u2')?.profile?.name === 'Bob')
  hub.reconnect()
  expect(watch.stale).toBe(true)
  await other.close()
  const third = hubOf(node.url, 'u3')
  await third.connect()
  await eventually('what happened meanwhile is known', () => !watch.stale && online().join() === 'u3')
  watch.close()
})

test('a user in two watches is watched until both end', async () => {
  const hub = hubOf(node.url, 'u4')
  await hub.connect()
  const [first, second] = [watchUsers(hub, ['u5', 'u6']), watchUsers(hub, ['u5'])]
  await eventually('both were answered', () => !first.stale && !second.stale)
  first.close()
  first.close()
  const other = hubOf(node.url, 'u5')
  await other.connect()
  await eventually('the second still hears', () => second.users.get('u5')?.online)
  expect(first.users.get('u5')?.online).toBe(false)
  second.close()
  // all three places are free again
  const third = watchUsers(hub, ['u7', 'u8', 'u9'])
  await eventually('the places were given back', () => !third.stale)
})

test('watching more users than allowed is refused', async () => {
  const hub = hubOf(node.url, 'u10')
  await hub.connect()
  const codes: string[] = []
  watchUsers(hub, ['a', 'b', 'c', 'd'], ({ code }) => codes.push(code))
  await eventually('it was refused', () => codes.length)
  expect(codes).toEqual(['too_many'])
})

test('an answer that comes in parts, because the profiles are long, is known as a whole', async () => {
  // two profiles of 1,000 bytes fit into half an outbox
  const settings = { PRESENCE_LEFT_GRACE_MS: 0, PRESENCE_DELAY_MS: 0, SOCKET_OUTBOX_BYTES: 4096 }
  const small = await startNode({ settings })
  try {
    const names = ['p1', 'p2', 'p3', 'p4', 'p5']
    for (const name of names) {
      const other = hubOf(small.url, name)
      await other.connect()
      await setProfile(other, { meta: { text: name.repeat(450) } })
    }
    const hub = hubOf(small.url, 'u11')
    await hub.connect()
    const watch = watchUsers(hub, names)
    const known: number[] = []
    watch.onChange((users) => known.push(users.size))
    await eventually('the answer', () => !watch.stale)
    expect(known).toEqual([5])
    expect([...watch.users.values()].every((it) => it.online && it.profile?.meta)).toBe(true)
    watch.close()
  } finally {
    await small.stop()
  }
})
