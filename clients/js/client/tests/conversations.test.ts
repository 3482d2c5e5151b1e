import { followConversations, markRead, onRead } from '@hubwire/client/conversations'
import { findPublication } from '@hubwire/client/history'
import { msgpack } from '@hubwire/client/msgpack'
import { followPeople, people, setContact, setProfile } from '@hubwire/client/people'
import { channelsOf, followChannels } from '@hubwire/client/watch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode, tokenFor } from '../../testing/node.js'
import { type FaultyProxy, startProxy } from '../../testing/proxy.js'
import { hubOf, numbers } from './hubs.js'

// A user's conversations, people and channels of its organisation; against a real node, in both codecs.
let node: HubwireNode
let proxy: FaultyProxy

beforeAll(async () => {
  node = await startNode({ settings: { PEOPLE_ENABLED: 'true' } })
  proxy = await startProxy(node.publicPort)
})
afterAll(async () => {
  await proxy.stop()
  await node.stop()
})

const codecs = [
  ['json', {}],
  ['msgpack', { codec: msgpack }],
] as const

test.each(codecs)('what is read on one device is read on the other, and over a cut (%s)', async (name, codec) => {
  const [me, bob, eve] = ['me', 'bob', 'eve'].map((user) => `${user}-${name}`) as [string, string, string]
  const phone = hubOf(proxy.url, me, { ...codec, device: 'phone' })
  const desk = hubOf(node.url, me, { ...codec, device: 'desk' })
  const writers = [hubOf(node.url, bob, codec), hubOf(node.url, eve, codec)] as const
  const [first, second] = writers
  await Promise.all([phone, desk, first, second].map((hub) => hub.connect()))
  const write = (n: number) => first.send(`user:${me}`, { type: 'chat/whisper', payload: n })
  await write(1)
  const [here, there] = [followConversations(phone), followConversations(desk, { limit: 2 })]
  const shown = (list: typeof here) =>
    list.value.conversations.map(({ user, unread, last }) => [user, unread, last.payload])
  const same = (...rows: unknown[]) => {
    const wanted = JSON.stringify(rows)
    return eventually(`both show ${wanted}`, () => {
      const lists = [here, there].map((list) => JSON.stringify(shown(list)))
      if (lists.some((list) => list !== wanted)) throw new Error(lists.join(' and '))
      return true
    })
  }
  await same([bob, 1, 1])
  await write(2)
  await second.send(`user:${me}`, { type: 'chat/whisper', payload: 'hello' })
  await same([eve, 1, 'hello'], [bob, 2, 2])
  expect([here.unread, there.unread]).toEqual([3, 3])
  // a mark set on the phone is seen on the desk, and in a list that is requested again
  const marks: string[] = []
  onRead(desk, ({ user }) => marks.push(user))
  await here.read(bob)
  await same([eve, 1, 'hello'], [bob, 0, 2])
  expect(marks).toEqual([bob])
  // a mark in the middle of the unread messages: only the node knows how many are left
  const { pos = '' } = await write(3)
  await write(4)
  await same([bob, 2, 4], [eve, 1, 'hello'])
  await markRead(desk, bob, pos)
  await same([bob, 1, 4], [eve, 1, 'hello'])
  // an answer marks messages as read, also on the device that sent it
  const sent = here.send(bob, { type: 'chat/whisper', payload: 'yes' })
  await sent
  await same([bob, 0, 'yes'], [eve, 1, 'hello'])
  // messages and read marks while the phone was cut off
  proxy.open = false
  proxy.cut()
  await eventually('the phone is cut off', () => here.stale)
  await write(5)
  await there.read(eve)
  await write(6)
  proxy.open = true
  await eventually('it is back', () => !here.stale)
  await same([bob, 2, 6], [eve, 0, 'hello'])
  // a third one exceeds the limit of the desk
  await desk.send(`user:zoe-${name}`, { type: 'chat/whisper', payload: 'new' })
  await eventually('the phone has three', () => here.value.conversations.length === 3)
  there.refresh()
  await eventually('the desk has two', () => there.value.more)
  expect(shown(there)).toEqual(shown(here).slice(0, 2))
  here.close()
  there.close()
})

test('a mark ahead of the stream, and a node without conversations, are refused', async () => {
  const hub = hubOf(node.url, 'm1')
  await hub.connect()
  await expect(markRead(hub, 'm2', '9007199254740991-1')).rejects.toMatchObject({ code: 'bad_payload' })
  const plain = await startNode()
  const other = hubOf(plain.url, 'm1')
  await other.connect()
  const refused: string[] = []
  const list = followConversations(other, {}, ({ code }) => refused.push(code))
  await eventually('it is refused', () => refused.length)
  expect([refused, list.stale]).toEqual([['not_found'], true])
  // the list also follows its own sends, even if no caller awaits them
  const errors: string[] = []
  other.on('error', ({ code }) => errors.push(code))
  list.send('m2', { type: '@@hub/own' })
  await eventually('the rejection is an event', () => errors.length)
  expect(errors).toEqual(['forbidden_type'])
  await plain.stop()
})

test.each(codecs)('contacts are found by name, and followed (%s)', async (name, codec) => {
  const [ada, bob] = ['ada', 'bob'].map((user) => hubOf(node.url, `${user}-${name}`, codec))
  if (!ada || !bob) throw new Error('two hubs')
  await Promise.all([ada.connect(), bob.connect()])
  await setProfile(bob, { name: 'Grace Hopper' })
  const [all, contacts] = [followPeople(ada), followPeople(ada, { state: 'contact' })]
  await eventually('both were answered', () => !all.stale && !contacts.stale)
  await setContact(ada, `bob-${name}`, 'invite')
  await eventually('she invited', () => all.value.get(`bob-${name}`)?.state === 'invited')
  expect(contacts.value.size).toBe(0)
  await setContact(bob, `ada-${name}`, 'accept')
  await eventually('a contact', () => contacts.value.has(`bob-${name}`))
  const named = async (wanted: string) => {
    const found: unknown[] = []
    for await (const page of people(ada, { name: wanted })) found.push(...page)
    return found
  }
  expect(await named('hop')).toEqual([{ user: `bob-${name}`, state: 'contact', profile: { name: 'Grace Hopper' } }])
  expect(await named('opper')).toEqual([])
  await setContact(bob, `ada-${name}`, 'remove')
  await eventually('none any more', () => all.value.size === 0 && contacts.value.size === 0)
  all.close()
  contacts.close()
})

test.each(codecs)('channels that somebody is in are listed page by page (%s)', async (name, codec) => {
  const boss = hubOf(node.url, 'boss', codec)
  const member = hubOf(node.url, 'member', { ...codec, getToken: () => tokenFor('member', { acme: {} }) })
  await Promise.all([boss.connect(), member.connect()])
  const orders = numbers(3).map((n) => boss.channel(`ch:acme/${name}/${n}`))
  await Promise.all(orders.map(({ joined }) => joined))
  await member.channel(`ch:acme/${name}/1`).joined
  const listed: string[] = []
  for await (const page of channelsOf(boss, 'acme', { prefix: `${name}/`, limit: 2 }))
    listed.push(page.map(({ to, count }) => `${to} ${count}`).join())
  expect(listed).toEqual([`ch:acme/${name}/0 1,ch:acme/${name}/1 2`, `ch:acme/${name}/2 1`])
  const list = followChannels(boss, 'acme', { prefix: `${name}/`, limit: 2 })
  await eventually('the first page', () => list.value.channels.length === 2 && list.value.more)
  orders[0]?.leave()
  await eventually('the first is nobody’s', () => {
    list.refresh()
    return list.value.channels[0]?.to === `ch:acme/${name}/1`
  })
  list.close()
  await expect(channelsOf(member, 'acme').next()).rejects.toMatchObject({ code: 'forbidden' })
})

test.each(codecs)('a publication is found by its id, and one of another user is not (%s)', async (name, codec) => {
  const address = `ch:acme/found/${name}`
  const [ada, bob] = ['ada', 'bob'].map((user) => hubOf(node.url, user, codec))
  if (!ada || !bob) throw new Error('two hubs')
  await Promise.all([ada.connect(), bob.connect()])
  await ada.send(address, { type: 'x', payload: 'hers' }, { id: 'k1' })
  await bob.send(address, { type: 'x', payload: 'his' }, { id: 'k1' })
  await bob.send(address, { type: 'x', payload: 'not for her' }, { id: 'k2', except: ['ada'] })
  const find = async (id: string, from?: string) => (await findPublication(ada, address, id, { from }))?.payload
  expect(await find('k1')).toBe('his')
  expect(await find('k1', 'ada')).toBe('hers')
  expect([await find('k2'), await find('k3'), await find('k1', 'eve')]).toEqual([undefined, undefined, undefined])
  await expect(findPublication(ada, 'org:elsewhere', 'k1')).rejects.toMatchObject({ code: 'forbidden' })
})
