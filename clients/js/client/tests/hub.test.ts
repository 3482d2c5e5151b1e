import { createHub, type Hub, type HubOptions } from '@hubwire/client'
import { msgpack } from '@hubwire/client/msgpack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode, tokenFor } from '../../testing/node.js'

// The first steps of an application, against a real node, in both codecs.
let node: HubwireNode
const hubs: Hub[] = []

beforeAll(async () => {
  node = await startNode()
})
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.close()))
  await node.stop()
})

function hubOf(user: string, options: Partial<HubOptions> = {}): Hub {
  const hub = createHub({
    url: node.url,
    getToken: () => tokenFor(user, { acme: { roles: ['admin'], teams: ['ops'] } }),
    webSocket: WebSocket,
    ...options,
  })
  hubs.push(hub)
  return hub
}

for (const codec of [undefined, msgpack]) {
  const form = codec ? 'msgpack' : 'json'
  const options = codec ? { codec } : {}

  describe(form, () => {
    test('a direct message reaches the user, and its ack has the number of sessions', async () => {
      const [a, b] = [hubOf(`a-${form}`, options), hubOf(`b-${form}`, options)]
      await Promise.all([a.connect(), b.connect()])
      const received: unknown[] = []
      b.direct(`a-${form}`).on((action) => received.push(action.payload))
      const ack = await a.send(`user:b-${form}`, { type: 'chat/whisper', payload: { text: 'hi', n: [1, 2.5, null] } })
      expect(ack).toMatchObject({ sessions: 1, nodes: 1, duplicate: false, attempts: 1 })
      await eventually('it arrives', () => received.length)
      expect(received).toEqual([{ text: 'hi', n: [1, 2.5, null] }])
    })

    test('a channel delivers to its members in order, including the sender', async () => {
      const [a, b] = [hubOf(`c-${form}`, options), hubOf(`d-${form}`, options)]
      await Promise.all([a.connect(), b.connect()])
      const address = `ch:acme/${form}/order`
      const ofB = b.channel(address)
      await eventually('the list is there', () => ofB.presence.size === 1)
      const ofA = a.channel(address)
      await ofA.joined
      const seen: number[] = []
      ofB.on((action) => seen.push(action.payload as number))
      const own: number[] = []
      ofA.on((action) => own.push(action.payload as number))
      await Promise.all(Array.from({ length: 200 }, (_, n) => ofA.send({ type: 'count', payload: n })))
      await eventually('all arrive', () => seen.length >= 200 && own.length >= 200)
      expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => n))
      expect(own).toEqual(seen)
      await eventually('both see both', () => ofA.presence.size === 2 && ofB.presence.size === 2)
      ofA.leave()
      await eventually('who left is gone', () => ofB.presence.size === 1)
    })

    test('organisation and team events arrive without a join', async () => {
      const hub = hubOf(`e-${form}`, options)
      await hub.connect()
      const seen: string[] = []
      hub.org('acme').on(({ type }) => seen.push(type))
      hub.team('acme/ops').on(({ type }) => seen.push(type))
      await hub.org('acme').send({ type: `news-${form}` })
      await hub.team('acme/ops').send({ type: `shift-${form}` })
      await eventually('both', () => seen.includes(`news-${form}`) && seen.includes(`shift-${form}`))
    })

    test('history is paged from the newest to the oldest, each page oldest first', async () => {
      const hub = hubOf(`f-${form}`, options)
      await hub.connect()
      const channel = hub.channel(`ch:acme/${form}/history`)
      for (let n = 0; n < 7; n++) await channel.send({ type: 'n', payload: n })
      const pages: unknown[] = []
      for await (const page of channel.history({ limit: 3 })) pages.push(page.map(({ payload }) => payload))
      expect(pages).toEqual([[4, 5, 6], [1, 2, 3], [0]])
    })
  })
}

test('an action that is not allowed is a typed rejection, and the others of its batch are stored', async () => {
  const hub = hubOf('g')
  await hub.connect()
  const results = await hub.batch([
    ['ch:acme/batch', { type: 'one' }],
    ['ch:elsewhere/batch', { type: 'two' }],
    ['ch:acme/batch', { type: 'three' }],
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'forbidden', outcome: 'not_done' })
})

test('the state of a user in a channel is seen by others, changes, survives a reconnect, and ends', async () => {
  const [a, b] = [hubOf('shows-a'), hubOf('shows-b')]
  await Promise.all([a.connect(), b.connect()])
  const address = 'ch:acme/states'
  const ofA = a.channel(address, { state: { line: 1 } })
  await ofA.joined
  const { presence } = b.channel(address)
  await eventually('the list is there', () => presence.size === 2)
  expect(presence.get('shows-a')).toEqual({ user: 'shows-a', sessions: 1, state: { line: 1 } })
  const changed: unknown[] = []
  presence.onChange((change) => changed.push(...change.changed.map(({ state }) => state)))
  ofA.setState({ line: 2 })
  await eventually('it changed', () => changed.length === 1)
  a.reconnect()
  ofA.setState({ line: 3 }) // while there is no connection
  await eventually('it is shown again', () => changed.length === 2)
  ofA.setState(null)
  await eventually('it ended', () => changed.length === 3)
  expect(changed).toEqual([{ line: 2 }, { line: 3 }, undefined])
  expect([...presence.keys()].sort()).toEqual(['shows-a', 'shows-b'])
})

test('a list of more users than fit on a page is read completely', async () => {
  const small = await startNode({ settings: { PRESENCE_PAGE_MAX: 2, PRESENCE_MEMBERS_MAX: 1 } })
  try {
    const hubs = ['l-a', 'l-b', 'l-c', 'l-d', 'l-e'].map((user) => hubOf(user, { url: small.url }))
    await Promise.all(hubs.map((hub) => hub.connect()))
    await Promise.all(hubs.slice(1).map((hub) => hub.channel('ch:acme/list').joined))
    const { presence } = hubs[0]!.channel('ch:acme/list')
    await eventually('all are there', () => presence.size === 5)
  } finally {
    await small.stop()
  }
})
