import type { Snapshot } from '@hubwire/client'
import { invite, kick, onInvited, storeSnapshot } from '@hubwire/client/hosting'
import { onContact, people, setContact, setProfile } from '@hubwire/client/people'
import { countOf, membersOf, watchOrg } from '@hubwire/client/watch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { addressToken, type HubwireNode, startNode, tokenFor } from '../../testing/node.js'
import { type FaultyProxy, startProxy } from '../../testing/proxy.js'
import { collect, hubOf, numbers } from './hubs.js'

// Features beyond messages, against a real node.
const RULES = [
  'member may join read publish presence on ch:{org}/open/**',
  'admin may kick invite manage on ch:{org}/**',
  'member may read presence on org:{org}',
  'anyone may read on org:system',
  'anyone may direct presence on user:*',
]
let node: HubwireNode
let proxy: FaultyProxy

beforeAll(async () => {
  node = await startNode({
    settings: {
      ACCESS_RULES: RULES.join(','),
      AUTH_JWT_LEEWAY_S: 0,
      PEOPLE_ENABLED: 'true',
      PRESENCE_ORGS: 'true',
      PRESENCE_LEFT_GRACE_MS: 0,
      PRESENCE_DELAY_MS: 0,
      STREAMS_CHANNEL_COUNT: 20,
    },
  })
  proxy = await startProxy(node.publicPort)
})
afterAll(async () => {
  await proxy.stop()
  await node.stop()
})

const guest = (user: string) => ({ getToken: () => tokenFor(user, { acme: {} }) })

test('a channel joined with recent publications starts with them, once, and continues after a cut', async () => {
  const address = 'ch:acme/open/recent'
  const writer = hubOf(node.url, 'r1')
  await writer.connect()
  for (const n of numbers(5)) await writer.send(address, { type: 'n', payload: n })
  const reader = hubOf(proxy.url, 'r2')
  const channel = reader.channel(address, { recent: 3 })
  const heard = collect<number>(channel.on)
  await reader.connect()
  await channel.joined
  expect(heard).toEqual([2, 3, 4])
  proxy.open = false
  proxy.cut()
  await eventually('it is cut', () => reader.state === 'reconnecting')
  await writer.send(address, { type: 'n', payload: 5 })
  proxy.open = true
  await eventually('what was missed came', () => heard.length >= 4)
  await writer.send(address, { type: 'n', payload: 6 })
  await eventually('and what is new', () => heard.length >= 5)
  expect(heard).toEqual([2, 3, 4, 5, 6])
})

test('a channel with a snapshot starts with it, and with a new one after a gap', async () => {
  const address = 'ch:acme/open/snapshot'
  const writer = hubOf(node.url, 's1')
  await writer.connect()
  const own = writer.channel(address)
  await own.joined
  const echoes = collect(own.on)
  for (const n of [1, 2, 3]) await own.send({ type: 'n', payload: n })
  await eventually('the writer has all', () => echoes.length === 3)
  await storeSnapshot(writer, address, { sum: 6 })
  await own.send({ type: 'n', payload: 4 })

  const reader = hubOf(proxy.url, 's2')
  const channel = reader.channel(address, { snapshot: true })
  const sums: (number | undefined)[] = []
  let sum = 0
  channel.sync<{ sum: number } | undefined>({
    reset: (kept) => {
      sum = kept?.sum ?? 0
      sums.push(kept?.sum)
    },
    apply: ({ payload }) => {
      sum += payload as number
    },
  })
  await reader.connect()
  await channel.joined
  expect((channel.snapshot as Snapshot).payload).toEqual({ sum: 6 })
  await eventually('snapshot and what followed', () => sum === 10)
  const gaps = collect((handler) => reader.on('gap', (gap) => handler({ payload: gap.cause })))
  proxy.open = false
  proxy.cut()
  await eventually('it is cut', () => reader.state === 'reconnecting')
  // more than the log holds
  const last = (await Promise.all(numbers(40).map(() => own.send({ type: 'n', payload: 1 })))).at(-1)
  await storeSnapshot(writer, address, { sum: 50 }, last?.pos)
  await own.send({ type: 'n', payload: 100 })
  proxy.open = true
  await eventually('the new snapshot and what followed', () => sum === 150)
  expect(sums).toEqual([6, 50])
  expect(gaps).toEqual(['not_recovered'])
  expect(() => channel.sync({ reset() {}, apply() {} })).toThrow('before the channel is joined')

  const empty = reader.channel('ch:acme/open/nothing', { snapshot: true })
  await empty.joined
  expect(empty.snapshot).toBeNull()
})

test('a kicked user leaves and is notified; an invited user is notified once, even if it was away', async () => {
  const address = 'ch:acme/open/hosted'
  const [host, member] = [hubOf(node.url, 'k1'), hubOf(node.url, 'k2', guest('k2'))]
  await Promise.all([host.connect(), member.connect()])
  const channel = member.channel(address)
  await channel.joined
  await expect(kick(member, address, 'k1')).rejects.toMatchObject({ code: 'forbidden' })
  const errors = collect((handler) => member.on('error', ({ code, message }) => handler({ payload: [code, message] })))
  expect(await kick(host, address, 'k2')).toBe(1)
  await eventually('the member was told', () => errors.length)
  expect(errors).toEqual([['forbidden', `${address}: taken out: kicked`]])
  await eventually('nobody is there', async () => (await countOf(host, address)) === 0)

  const invitations: string[] = []
  const away = hubOf(node.url, 'k3', { ...guest('k3'), start: { user: 'beginning' } })
  onInvited(away, ({ channel: to, from }) => invitations.push(`${from} to ${to}`))
  const { pos, sessions } = await invite(host, address, 'k3')
  expect([typeof pos, sessions]).toEqual(['string', 0])
  await away.connect()
  await eventually('it heard', () => invitations.length)
  away.reconnect()
  await away.connect()
  await host.send('user:k3', { type: 'after' })
  await eventually('nothing is left', () => away.position('user:k3') !== pos)
  expect(invitations).toEqual([`k1 to ${address}`])
})

test('a send excludes users, or is for some sessions of its receiver', async () => {
  const address = 'ch:acme/open/some'
  const writer = hubOf(node.url, 'e1')
  const [one, other] = [hubOf(node.url, 'e2'), hubOf(node.url, 'e3', { deviceClass: 'mobile' })]
  await Promise.all([writer, one, other].map((hub) => hub.connect()))
  const [here, there] = [one.channel(address), other.channel(address)]
  await Promise.all([here.joined, there.joined])
  const [heard, left] = [collect<string>(here.on), collect<string>(there.on)]
  await writer.send(address, { type: 'x', payload: 'not for e3' }, { except: ['e3'] })
  writer.ephemeral(address, { type: 'x', payload: 'nor this' }, { except: ['e3'] })
  await writer.send(address, { type: 'x', payload: 'for all' })
  await eventually('both heard the last', () => heard.length === 3 && left.length === 1)
  expect(left).toEqual(['for all'])

  const desk = hubOf(node.url, 'e3')
  await desk.connect()
  const [mobile, desktop] = [collect<number>(other.inbox.on), collect<number>(desk.inbox.on)]
  await writer.send('user:e3', { type: 'x', payload: 1 }, { select: { device_class: 'mobile' } })
  await writer.send('user:e3', { type: 'x', payload: 2 })
  await eventually('both have the second', () => desktop.length && mobile.length === 2)
  expect([mobile, desktop]).toEqual([[1, 2], [2]])
})

test('a profile is shown to everybody in a channel with the user', async () => {
  const address = 'ch:acme/open/profiles'
  const [ada, bob] = [hubOf(node.url, 'p1'), hubOf(node.url, 'p2')]
  await Promise.all([ada.connect(), bob.connect()])
  await setProfile(ada, { name: 'Ada L.', meta: { avatar: 'a.png' } })
  await ada.channel(address).joined
  const { presence } = bob.channel(address)
  await eventually('it came with the list', () => presence.get('p1')?.profile?.name === 'Ada L.')
  await setProfile(ada, { name: 'Ada' })
  await eventually('it changed', () => presence.get('p1')?.profile?.name === 'Ada')
  expect(presence.get('p1')).toEqual({ user: 'p1', sessions: 1, profile: { name: 'Ada' } })
})

test('a channel is joined with a token for it, with a new one on each connection and after it expired', async () => {
  const address = 'ch:acme/closed/room'
  const hub = hubOf(proxy.url, 't1', guest('t1'))
  await hub.connect()
  await expect(hub.channel(address).joined).rejects.toMatchObject({ code: 'forbidden' })
  const refused = hub.channel(address, { token: addressToken('somebody', address) })
  await expect(refused.joined).rejects.toMatchObject({ code: 'bad_credentials' })
  await hub.channel(address, { token: addressToken('t1', address) }).joined
  let asked = 0
  const channel = hub.channel('ch:acme/closed/other', {
    token: async () => addressToken('t1', 'ch:acme/closed/other', ++asked === 1 ? 2 : 3_600),
  })
  await channel.joined
  await eventually('the token ended and another was shown', () => asked === 2)
  await eventually('it is in', async () => channel.presence.has('t1'))
  proxy.cut()
  await eventually('a third', () => asked >= 3 && !channel.presence.stale)
})

test('members of an organisation are watched, across a reconnect, and counted', async () => {
  const [watcher, first] = [hubOf(proxy.url, 'o1'), hubOf(node.url, 'o2')]
  await Promise.all([watcher.connect(), first.connect()])
  const watch = watchOrg(watcher, 'acme')
  const twin = watchOrg(watcher, 'acme')
  await eventually('the list came', () => watch.members.has('o2') && watch.members.has('o1'))
  const second = hubOf(node.url, 'o3')
  await second.connect()
  await eventually('who came', () => watch.members.has('o3'))
  twin.close()
  proxy.open = false
  proxy.cut()
  await eventually('it is stale', () => watch.stale)
  await second.close()
  await first.close()
  proxy.open = true
  await eventually('who went meanwhile', () => !watch.stale && !watch.members.has('o3') && !watch.members.has('o2'))
  expect((await membersOf(watcher, 'org:acme')).map(({ user }) => user)).toContain('o1')
  // hubs of other tests may still be closing
  await eventually('it is counted', async () => (await countOf(watcher, 'org:acme')) === watch.count)
  watch.close()
  const refused: string[] = []
  watchOrg(watcher, 'elsewhere', ({ code }) => refused.push(code))
  await eventually('it is refused', () => refused.length)
  expect(refused).toEqual(['forbidden'])
})

test('people become contacts, are listed page by page, and are blocked', async () => {
  const [ada, bob] = [hubOf(node.url, 'c1'), hubOf(node.url, 'c2')]
  await Promise.all([ada.connect(), bob.connect()])
  const heard: string[] = []
  onContact(bob, ({ user, state }) => heard.push(`${user} ${state}`))
  await setContact(ada, 'c2', 'invite')
  await eventually('bob is invited', () => heard.length === 1)
  await setContact(bob, 'c1', 'accept')
  await eventually('bob has a contact', () => heard.length === 2)
  for (const n of numbers(3)) await setContact(ada, `d${n}`, 'invite')
  const pages: string[][] = []
  for await (const page of people(ada, { limit: 2 })) pages.push(page.map(({ user, state }) => `${user} ${state}`))
  expect(pages).toEqual([
    ['c2 contact', 'd0 invited'],
    ['d1 invited', 'd2 invited'],
  ])
  await setContact(bob, 'c1', 'block')
  await expect(ada.send('user:c2', { type: 'x' })).rejects.toMatchObject({ code: 'forbidden' })
  await eventually('bob heard of it', () => heard.length === 3)
  expect(heard).toEqual(['c1 invites', 'c1 contact', 'c1 blocked'])
})
