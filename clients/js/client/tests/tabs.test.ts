import { followConversations } from '@hubwire/client/conversations'
import { onContact, setContact } from '@hubwire/client/people'
import { watchUsers } from '@hubwire/client/watch'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode } from '../../testing/node.js'
import type { Down, Up } from '../src/shared/messages.js'
import { createRelay } from '../src/shared/relay.js'
import { virtualSocket } from '../src/shared/socket.js'
import { hubOf } from './hubs.js'

// Tabs on one socket, without a browser: notifications of the node reach all of them.
let node: HubwireNode
beforeAll(async () => {
  vi.stubGlobal('navigator', {}) // no locks: a tab announces that it closes
  node = await startNode({
    settings: { PEOPLE_ENABLED: 'true', PRESENCE_LEFT_GRACE_MS: 0, PRESENCE_DELAY_MS: 0, PRESENCE_WATCH_MAX: 2 },
  })
})
afterAll(() => {
  vi.unstubAllGlobals()
  return node.stop()
})

/** The hub that holds the socket of a user, and those of two tabs. */
async function tabsOf(user: string) {
  const holder = hubOf(node.url, user, { device: 'browser' })
  const listeners = new Set<(message: Down) => void>()
  const relay = createRelay(holder, (message) =>
    queueMicrotask(() => listeners.forEach((listener) => listener(message))),
  )
  const tab = (name: string) =>
    hubOf('hubwire:', user, {
      device: false,
      getToken: undefined,
      webSocket: virtualSocket(
        {
          post: (message: Up) => queueMicrotask(() => relay.receive(message)),
          listen: (listener) => listeners.add(listener),
          close() {},
        },
        name,
      ),
    })
  const tabs = [tab('one'), tab('two')] as const
  await holder.connect()
  await Promise.all(tabs.map((each) => each.connect()))
  return tabs
}

test('watched users, contacts and read marks reach each tab, and no tab ends a watch of another', async () => {
  const [one, two] = await tabsOf('u1')
  const bob = hubOf(node.url, 'bob')
  await bob.connect()
  const watches = [watchUsers(one, ['eve']), watchUsers(two, ['eve'])] as const
  const lists = [followConversations(one), followConversations(two)] as const
  const contacts: string[] = []
  for (const [name, tab] of [['one', one] as const, ['two', two] as const])
    onContact(tab, ({ user, state }) => contacts.push(`${name} ${user} ${state}`))
  await eventually('all were answered', () => [...watches, ...lists].every(({ stale }) => !stale))
  watches[0].close()
  const eve = hubOf(node.url, 'eve')
  await eve.connect()
  await eventually('the second still hears', () => watches[1].users.get('eve')?.online)
  expect(watches[0].users.get('eve')?.online).toBe(false)
  watches[1].close()
  const others = watchUsers(one, ['a', 'b'])
  await eventually('both places are free again', () => !others.stale)

  await setContact(bob, 'u1', 'invite')
  await eventually('both heard', () => contacts.length === 2)
  expect(contacts.sort()).toEqual(['one bob invites', 'two bob invites'])

  await bob.send('user:u1', { type: 'chat/whisper', payload: 1 })
  await eventually('unread in both', () => lists.every(({ unread }) => unread === 1))
  await lists[0].read('bob')
  await eventually('read in both', () => lists.every(({ unread }) => unread === 0))
  await bob.send('user:u1', { type: 'chat/whisper', payload: 2 })
  await lists[1].send('bob', { type: 'chat/whisper', payload: 'yes' })
  const last = ({ value }: (typeof lists)[number]) => value.conversations[0]?.last.payload
  await eventually('what one tab sent shows in both', () => lists.every((list) => last(list) === 'yes'))
  expect(lists.map(({ unread }) => unread)).toEqual([0, 0])
})

test('the watches of a tab end with it', async () => {
  const [one, two] = await tabsOf('u2')
  const first = watchUsers(one, ['a', 'b'])
  await eventually('it was answered', () => !first.stale)
  await one.close()
  const second = watchUsers(two, ['c', 'd'])
  await eventually('the places are free', () => !second.stale)
})
