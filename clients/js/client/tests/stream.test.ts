import type { WebSocketConstructor } from '@hubwire/client'
import { webSocketOrStream } from '@hubwire/client/stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode } from '../../testing/node.js'
import { createEventReader } from '../src/stream/events.js'
import { streamUrl } from '../src/stream/socket.js'
import { collect, hubOf, numbers } from './hubs.js'

let node: HubwireNode
beforeAll(async () => {
  node = await startNode()
})
afterAll(() => node.stop())

const address = 'ch:acme/stream'

/** Like a proxy without WebSockets: the connection ends without an answer. */
function blocked(): { webSocket: WebSocketConstructor; attempts: () => number } {
  let count = 0
  class Blocked {
    onclose: ((event: unknown) => void) | null = null
    constructor() {
      count++
      setTimeout(() => this.onclose?.({ code: 1006, reason: '' }))
    }
    close() {}
    send() {}
  }
  return { webSocket: Blocked as never, attempts: () => count }
}

test('a hub without WebSockets sends, joins and receives like one with a socket', async () => {
  const streaming = hubOf(node.url, 'u1', { webSocket: webSocketOrStream({ after: 0 }) })
  const socket = hubOf(node.url, 'u2')
  await Promise.all([streaming.connect(), socket.connect()])
  const [here, there] = [streaming.channel(address), socket.channel(address)]
  await Promise.all([here.joined, there.joined])
  const [heard, other] = [collect<number>(here.on), collect<number>(there.on)]
  await Promise.all(numbers(50).map((n) => here.send({ type: 'test/n', payload: n })))
  await Promise.all(numbers(50, 50).map((n) => there.send({ type: 'test/n', payload: n })))
  await eventually('both heard all', () => heard.length === 100 && other.length === 100)
  expect(heard).toEqual(other)
  const ack = await streaming.send('user:u2', { type: 'test/direct', payload: 'hi' })
  expect(ack.sessions).toBe(1)
})

test('a hub that is cut off resumes on another stream, and nothing is lost or duplicated', async () => {
  const hub = hubOf(node.url, 'u3', { webSocket: webSocketOrStream({ after: 0 }) })
  await hub.connect()
  const heard = collect<number>((handler) => hub.inbox.on(handler))
  const gaps: unknown[] = []
  hub.on('gap', (gap) => gaps.push(gap))
  const sends: Promise<unknown>[] = []
  for (const n of numbers(60)) {
    if (n % 20 === 10) hub.reconnect()
    sends.push(node.api('/v1/publish', { to: 'user:u3', type: 'test/n', payload: n }))
    await sends.at(-1)
  }
  await eventually('all came', () => heard.length >= 60)
  expect(heard).toEqual(numbers(60))
  expect(gaps).toEqual([])
})

test('after two silent WebSockets a stream is tried, and kept for the next connection', async () => {
  const { webSocket, attempts } = blocked()
  const hub = hubOf(node.url, 'u4', { webSocket: webSocketOrStream({ webSocket }) })
  await hub.connect()
  expect(attempts()).toBe(2)
  hub.reconnect()
  await hub.connect()
  expect([hub.state, attempts()]).toEqual(['connected', 2])
})

test('if streams are silent, too, WebSockets are tried again', async () => {
  let refused = 0
  const fetch = async () => {
    refused++
    return new Response('', { status: 502 })
  }
  let open = false
  const { webSocket: never } = blocked()
  const webSocket = function dial(url: string, protocols?: string[]) {
    return open ? new WebSocket(url, protocols) : new never(url, protocols)
  } as never
  const hub = hubOf(node.url, 'u5', { webSocket: webSocketOrStream({ webSocket, fetch }) })
  const connected = hub.connect()
  await eventually('streams were tried', () => refused >= 1)
  open = true
  await connected
  expect(refused).toBe(2)
})

test('a close has its code: a refused token ends the hub', async () => {
  const options = { webSocket: webSocketOrStream({ after: 0 }), getToken: () => 'wrong' }
  const hub = hubOf(node.url, 'u6', options)
  await expect(hub.connect()).rejects.toMatchObject({ code: 'bad_credentials' })
})

test('a closed hub leaves the node at once', async () => {
  const hub = hubOf(node.url, 'u7', { webSocket: webSocketOrStream({ after: 0 }) })
  await hub.connect()
  const sessions = async () => {
    const answer = await node.api('/v1/users/u7/sessions')
    return ((await answer.json()) as { sessions: unknown[] }).sessions.length
  }
  expect(await sessions()).toBe(1)
  await hub.close()
  await eventually('it left', async () => (await sessions()) === 0)
})

test('events are read no matter how their text is split', () => {
  const text = 'event: session\ndata: {"a":1}\n\n:\n\ndata: one\ndata:two\n\nid: 7\ndata: ü\n\n'
  const expected = [
    { kind: 'session', data: '{"a":1}' },
    { kind: 'message', data: 'one\ntwo' },
    { kind: 'message', data: 'ü' },
  ]
  for (let length = 1; length <= text.length; length++) {
    const events: unknown[] = []
    const take = createEventReader((event) => events.push(event))
    for (let at = 0; at < text.length; at += length) take(text.slice(at, at + length))
    expect(events).toEqual(expected)
  }
})

test('the address of a stream is that of the socket', () => {
  expect(streamUrl('wss://example.org/ws?ping=text').href).toBe('https://example.org/stream?ping=text')
  expect(streamUrl('ws://127.0.0.1:8080/app/ws/').href).toBe('http://127.0.0.1:8080/app/stream')
})
