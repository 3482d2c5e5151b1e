import {
  type Ack,
  type Action,
  createHub,
  type Delivered,
  type Gap,
  type Hub,
  type Sent,
  type Snapshot,
  type WebSocketConstructor,
} from '@hubwire/client'
import { type Conversation, followConversations } from '@hubwire/client/conversations'
import { findPublication } from '@hubwire/client/history'
import { kick, onInvited } from '@hubwire/client/hosting'
import { setContact } from '@hubwire/client/people'
import type { WebSocket as Undici } from 'undici'
import { describe, expectTypeOf, test } from 'vitest'
import type Ws from 'ws'

type Line = Action<'order/line', { line: number }>
type Closed = Action<'order/closed'>

describe('a hub of known actions', () => {
  const hub = createHub<Line | Closed>({ url: 'ws://node/ws' })

  test('narrows by type', () => {
    hub.onAction('order/line', (action) => {
      expectTypeOf(action).toEqualTypeOf<Delivered<Line>>()
      expectTypeOf(action.payload).toEqualTypeOf<{ line: number } | undefined>()
      expectTypeOf(action.meta.hub.to).toEqualTypeOf<string>()
      expectTypeOf(action.meta.hub.ts).toEqualTypeOf<number>()
    })
    // @ts-expect-error no such type
    hub.onAction('order/other', () => {})
  })

  test('sends only known actions', () => {
    expectTypeOf(hub.send('ch:acme/a', { type: 'order/closed' })).toEqualTypeOf<Sent>()
    // @ts-expect-error a different payload
    hub.send('ch:acme/a', { type: 'order/line', payload: { line: 'three' } })
  })

  test('has feeds that may know other actions', () => {
    const channel = hub.channel<Closed>('ch:acme/a')
    channel.on((action) => expectTypeOf(action).toEqualTypeOf<Delivered<Closed>>())
    expectTypeOf(channel[Symbol.asyncIterator]().next()).resolves.toExtend<IteratorResult<Delivered<Closed> | Gap>>()
    expectTypeOf(hub.view(null)).toEqualTypeOf<null>()
    expectTypeOf(hub.view('ch:acme/a').address).toEqualTypeOf<string>()
  })
})

test('a send is a promise of its acknowledgement', () => {
  expectTypeOf<Awaited<Sent>>().toEqualTypeOf<Ack>()
})

test('events have their values', () => {
  const hub = {} as Hub
  hub.on('gap', (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>())
  hub.on('restored', ({ afterMs }) => expectTypeOf(afterMs).toEqualTypeOf<number>())
  // @ts-expect-error no such event
  hub.on('opened', () => {})
})

test('common WebSocket implementations are accepted', () => {
  expectTypeOf<typeof Ws>().toExtend<WebSocketConstructor>()
  expectTypeOf<typeof Undici>().toExtend<WebSocketConstructor>()
  expectTypeOf<typeof WebSocket>().toExtend<WebSocketConstructor>()
})

test('selections and earlier publications are typed', () => {
  const hub = {} as Hub
  expectTypeOf(hub.send('user:u2', { type: 'x' }, { select: { device_class: 'mobile' } })).toEqualTypeOf<Sent>()
  // @ts-expect-error no such choice
  hub.send('user:u2', { type: 'x' }, { select: 'two' })
  const channel = hub.channel('ch:acme/a', { recent: 20, token: async () => 'a token' })
  expectTypeOf(channel.snapshot).toEqualTypeOf<Snapshot | null | undefined>()
  expectTypeOf(channel.presence.get('u1')?.profile?.name).toEqualTypeOf<string | undefined>()
  expectTypeOf(kick(hub, 'ch:acme/a', 'u1')).resolves.toEqualTypeOf<number>()
  onInvited(hub, ({ channel: to }) => expectTypeOf(to).toEqualTypeOf<string>())
  // @ts-expect-error no such act
  setContact(hub, 'u1', 'greet')
})

test('lists that are followed are typed', () => {
  const hub = {} as Hub
  const list = followConversations(hub, { limit: 3 })
  expectTypeOf(list.value.conversations).toEqualTypeOf<readonly Conversation[]>()
  expectTypeOf(list.send('u2', { type: 'x' })).toEqualTypeOf<Sent>()
  expectTypeOf(findPublication<Line>(hub, 'ch:acme/a', 'k1')).resolves.toEqualTypeOf<Delivered<Line> | undefined>()
  // @ts-expect-error a number, not a string
  followConversations(hub, { limit: '3' })
})
