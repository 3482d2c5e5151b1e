// @vitest-environment happy-dom
import { createHub, type Hub } from '@hubwire/client'
import {
  HubProvider,
  useAction,
  useChannel,
  useChannels,
  useConnection,
  useContacts,
  useConversations,
  useDirect,
  useHub,
  usePresence,
  useView,
  useWatch,
} from '@hubwire/react'
import { act, createElement, type FC, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { settle, virtualClock } from '../../testing/clock.js'
import { publication, scriptedSockets } from '../../testing/script.js'

;(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true

// Hooks under StrictMode, on the server, and while components mount and unmount.
function start() {
  const wire = scriptedSockets()
  const clock = virtualClock()
  const hub = createHub({
    url: 'ws://node/ws',
    getToken: () => 'token',
    device: false,
    webSocket: wire.webSocket,
    environment: clock,
  })
  const types = (type: string) =>
    wire.sockets.flatMap(({ frames }) => frames.flat()).filter((action) => action.type === type)
  return { hub, types, clock, ...wire }
}

async function mount(hub: Hub, Content: FC) {
  const container = document.createElement('div')
  const root = createRoot(container)
  const tree = createElement(StrictMode, null, createElement(HubProvider, { hub }, createElement(Content)))
  await act(async () => root.render(tree))
  return { container, unmount: () => act(async () => root.unmount()) }
}

const InChannel: FC = () => `${useChannel('ch:acme/a')?.address}`
const WithoutProvider: FC = () => `${useHub()}`
let read = async (_: string) => {}
const List: FC = () => {
  const { conversations, unread, more, stale, read: mark } = useConversations()
  read = mark
  return `${conversations.map((it) => `${it.user} ${it.unread} ${it.last.payload}`).join()}; ${unread} ${more} ${stale}`
}
const Badge: FC = () => ` ${useConversations().unread}`

const OnServer: FC = () => {
  useView('ch:acme/a')
  useWatch(['u2'])
  useContacts()
  useChannels('acme')
  return `${useConversations().unread} ${useConnection().state} ${usePresence('ch:acme/b').members.length} ${useHub().state}`
}

const later = (ms: number) => act(() => new Promise((resolve) => setTimeout(resolve, ms)))

async function answer(socket: ReturnType<typeof scriptedSockets>['current'] extends () => infer S ? S : never) {
  await act(async () => {
    for (const type of ['@@hub/join', '@@hub/view', '@@hub/presence']) {
      const hub = socket.last(type)?.meta?.hub
      if (!hub?.to || !hub.id) continue
      const kind = type === '@@hub/presence' ? type : '@@hub/joined'
      const payload = type === '@@hub/presence' ? { users: [{ user: 'other', sessions: 1 }] } : { pos: '5-1' }
      await socket.say({ type: kind, payload, meta: { hub: { to: hub.to, re: hub.id } } })
    }
    await settle()
  })
}

test('StrictMode opens one socket, joins once and leaves no channel', async () => {
  const { hub, sockets, current, types } = start()
  const { container } = await mount(hub, () => {
    const { state } = useConnection()
    const channel = useChannel('ch:acme/a')
    return `${state} ${channel?.address}`
  })
  await act(() => current().welcome())
  await later(300)
  expect(container.textContent).toBe('connected ch:acme/a')
  expect(sockets).toHaveLength(1)
  expect(types('@@hub/join')).toHaveLength(1)
  expect(types('@@hub/leave')).toHaveLength(0)
})

test('a channel is left a moment after the last component that used it', async () => {
  const { hub, current, types } = start()
  let close = () => {}
  await mount(hub, () => {
    const [open, setOpen] = useState(true)
    close = () => setOpen(false)
    return open ? createElement(InChannel) : null
  })
  await act(() => current().welcome())
  await act(async () => close())
  expect(types('@@hub/leave')).toHaveLength(0)
  await later(300)
  expect(types('@@hub/leave')).toHaveLength(1)
})

test('a view follows the component that shows it', async () => {
  const { hub, current, types } = start()
  let show = (_: string) => {}
  const { unmount } = await mount(hub, () => {
    const [id, setId] = useState('1')
    show = setId
    return useView(`ch:acme/${id}`)?.address
  })
  await act(() => current().welcome())
  await act(async () => show('2'))
  await later(300)
  expect(types('@@hub/view').map(({ meta }) => meta?.hub?.to)).toEqual(['ch:acme/1', 'ch:acme/2'])
  await unmount()
  await later(300)
  expect(types('@@hub/view').at(-1)?.meta?.hub?.to).toBeUndefined()
})

test('members and actions reach components, with the latest handler', async () => {
  const { hub, current } = start()
  const seen: unknown[] = []
  let again = (_: string) => {}
  const { container } = await mount(hub, () => {
    const [label, setLabel] = useState('first')
    again = setLabel
    useAction('said', ({ payload }) => seen.push([label, payload]))
    useDirect('other', ({ payload }) => seen.push(['direct', payload]))
    return usePresence('ch:acme/a')
      .members.map(({ user }) => user)
      .join()
  })
  await act(() => current().welcome())
  await answer(current())
  await answer(current())
  expect(container.textContent).toBe('other,me')
  await act(() => current().say(publication('org:acme', '30-1', 1)))
  await act(async () => again('second'))
  await act(() => current().say(publication('user:me', '31-1', 2)))
  expect(seen).toEqual([
    ['first', 1],
    ['second', 2],
    ['direct', 2],
  ])
})

test('watched users reach components; the same users in a new array are requested once', async () => {
  const { hub, types, current } = start()
  let again = (_: number) => {}
  const { container, unmount } = await mount(hub, () => {
    const [, render] = useState(0)
    again = render
    const { users, stale } = useWatch(['u2', 'u3'])
    return `${stale} ${[...users.values()].filter((it) => it.online).map((it) => it.user)}`
  })
  await act(() => current().welcome())
  await act(async () => again(1))
  await act(async () => again(2))
  expect(types('@@hub/watch').map(({ payload }) => payload)).toEqual([{ users: ['u2', 'u3'] }])
  const users = [
    { user: 'u2', online: true, sessions: 1 },
    { user: 'u3', online: false, sessions: 0 },
  ]
  const re = current().last('@@hub/watch')?.meta?.hub?.id
  await act(() => current().say({ type: '@@hub/presence', payload: { users }, meta: { hub: { re } } }))
  expect(container.textContent).toBe('false u2')
  const pushed = [{ user: 'u3', online: true, sessions: 1 }]
  await act(() => current().say({ type: '@@hub/presence', payload: { users: pushed } }))
  expect(container.textContent).toBe('false u2,u3')
  await unmount()
  await later(300)
  expect(types('@@hub/unwatch').at(-1)?.payload).toEqual({ users: ['u2', 'u3'] })
})

test('a component shows why the node watches nobody', async () => {
  const { hub, current } = start()
  const { container, unmount } = await mount(hub, () => {
    const { users, refused } = useWatch(['u2', 'u9'])
    return `${users.size} ${refused?.code}`
  })
  await act(() => current().welcome())
  expect(container.textContent).toBe('0 undefined')
  const re = current().last('@@hub/watch')?.meta?.hub?.id
  const payload = { code: 'forbidden', message: 'out of reach', retry: false }
  await act(() => current().say({ type: '@@hub/error', payload, meta: { hub: { re } } }))
  expect(container.textContent).toBe('0 forbidden')
  await unmount()
})

test('components share one list of conversations, which messages and marks change', async () => {
  const { hub, types, current, clock } = start()
  const { container, unmount } = await mount(hub, () => [
    createElement(List, { key: 1 }),
    createElement(Badge, { key: 2 }),
  ])
  await act(() => current().welcome())
  expect(types('@@hub/conversations')).toHaveLength(1)
  expect(container.textContent).toBe('; 0 false true 0')
  const answered = async (...conversations: unknown[]) => {
    const re = current().last('@@hub/conversations')?.meta?.hub?.id
    await act(() => current().say({ type: '@@hub/conversations', payload: { conversations }, meta: { hub: { re } } }))
  }
  // older than the answer, and included in it
  await act(() => current().say(publication('user:me', '11-1', 'a', { from: 'u2' })))
  await answered({ user: 'u2', unread: 2, last: publication('user:me', '12-1', 'b', { from: 'u2' }) })
  expect(container.textContent).toBe('u2 2 b; 2 false false 2')
  await act(() => current().say(publication('user:me', '12-1', 'b', { from: 'u2' })))
  await act(() => current().say(publication('user:me', '13-1', 'c', { from: 'u3' })))
  expect(container.textContent).toBe('u3 1 c,u2 2 b; 3 false false 3')
  await act(async () => void read('u2'))
  expect(types('@@hub/read').at(-1)?.payload).toEqual({ user: 'u2', pos: '12-1' })
  const mark = { type: '@@hub/read', payload: { user: 'u2', pos: '12-1' }, meta: { hub: { to: 'user:me' } } }
  await act(() => current().say(mark))
  expect(container.textContent).toBe('u3 1 c,u2 0 b; 1 false false 1')
  const again = async () => {
    await act(() => current().close(4000))
    await act(() => clock.advance(1_000))
    await act(() => current().welcome())
  }
  await again()
  expect(container.textContent).toBe('u3 1 c,u2 0 b; 1 false true 1')
  await answered()
  expect(container.textContent).toBe('; 0 false false 0')
  await unmount()
  await later(300)
  await again()
  expect(types('@@hub/conversations')).toHaveLength(2)
})

test('contacts and channels reach components', async () => {
  const { hub, types, current } = start()
  let refresh = () => {}
  const { container } = await mount(hub, () => {
    const { people } = useContacts('contact')
    const channels = useChannels('acme', { prefix: 'order/' })
    refresh = channels.refresh
    return `${[...people.keys()]}; ${channels.channels.map(({ to, count }) => `${to} ${count}`)} ${channels.more}`
  })
  await act(() => current().welcome())
  const say = async (type: string, payload: unknown) => {
    const re = current().last(type)?.meta?.hub?.id
    await act(() => current().say({ type, payload, meta: { hub: { re } } }))
  }
  await say('@@hub/people', { people: [{ user: 'u2', state: 'contact' }] })
  await say('@@hub/channels', { channels: [{ to: 'ch:acme/order/1', count: 2 }], more: true })
  expect(container.textContent).toBe('u2; ch:acme/order/1 2 true')
  await act(() => current().say({ type: '@@hub/contact', payload: { user: 'u3', state: 'contact' } }))
  await act(() => current().say({ type: '@@hub/contact', payload: { user: 'u2', state: 'none' } }))
  await act(async () => refresh())
  await say('@@hub/channels', { channels: [] })
  expect(container.textContent).toBe('u3;  false')
  expect([types('@@hub/people').length, types('@@hub/channels').length]).toEqual([1, 2])
})

test('on the server nothing is opened', () => {
  const { hub, sockets } = start()
  expect(renderToString(createElement(HubProvider, { hub }, createElement(OnServer)))).toBe('0 idle 0 idle')
  expect(sockets).toHaveLength(0)
})

test('a hook without its provider throws an explanation', () => {
  expect(() => renderToString(createElement(WithoutProvider))).toThrow(/HubProvider/)
})
