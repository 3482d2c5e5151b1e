import type { Action, Hub } from '@hubwire/client'
import { type ConversationList, followConversations } from '@hubwire/client/conversations'
import {
  createHubMiddleware,
  type HubDispatch,
  hubAction,
  hubReducer,
  join,
  leave,
  type Optimistic,
  optimistic,
  read,
  selectConnection,
  selectConversations,
  selectMembers,
  selectPending,
  selectUnread,
  view,
} from '@hubwire/redux'
import { configureStore, type Middleware } from '@reduxjs/toolkit'
import { combineEpics, createEpicMiddleware, type Epic } from 'redux-observable'
import { filter, map } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubOf } from '../../client/tests/hubs.js'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode } from '../../testing/node.js'

// A store of Redux Toolkit, with its checks for unserialisable values, against a real node.
let node: HubwireNode
beforeAll(async () => {
  node = await startNode({ settings: { PRESENCE_LEFT_GRACE_MS: 0, PEOPLE_ENABLED: 'true' } })
})
afterAll(() => node.stop())

const said = hubAction<string>('chat/said', 'ch:acme/room')
const whispered = hubAction<string>('chat/whispered', 'user:somebody')
const announced = hubAction<string>('news/announced', 'org:elsewhere')

function lines(state: string[] | undefined, action: { type: string; payload?: unknown }): string[] {
  return reduce(state ?? [], action)
}

function reduce(state: string[], action: { type: string; payload?: unknown }): string[] {
  return said.match(action) || whispered.match(action) || announced.match(action)
    ? [...state, action.payload as string]
    : state
}

const optimisticLines = optimistic(lines)

function storeOf(hub: Hub, more: Middleware[] = [], conversations?: ConversationList) {
  const seen: Action[] = []
  const watching: Middleware = () => (next) => (action) => {
    seen.push(action as Action)
    return next(action)
  }
  const accept = ['chat/said', 'chat/whispered']
  const store = configureStore({
    reducer: { hub: hubReducer, plain: lines, room: optimisticLines },
    middleware: (defaults) => defaults().concat(createHubMiddleware({ hub, accept, conversations }), ...more, watching),
  })
  const dispatch = store.dispatch as HubDispatch & typeof store.dispatch
  return { store, dispatch, seen, room: (): Optimistic<string[]> => store.getState().room }
}

test('a dispatched action is sent and shows at once, and then takes its place in the order of the server', async () => {
  const [a, b] = [hubOf(node.url, 'a'), hubOf(node.url, 'b')]
  const [mine, other] = [storeOf(a), storeOf(b)]
  mine.store.dispatch(join('ch:acme/room'))
  other.store.dispatch(join('ch:acme/room'))
  await Promise.all([a.connect(), b.connect()])
  await eventually('both are in', () => selectMembers(mine.store.getState(), 'ch:acme/room').length === 2)

  const sent = mine.dispatch(said('one'))
  expect(mine.room().value).toEqual(['one'])
  expect(mine.room().confirmed).toEqual([])
  expect(Object.keys(selectPending(mine.store.getState()))).toEqual([sent.id])
  await sent
  await eventually('confirmed', () => mine.room().confirmed.length === 1)
  expect(mine.room()).toEqual({ confirmed: ['one'], pending: [], value: ['one'] })
  await eventually('it is there', () => other.room().value.length === 1)

  await Promise.all([...'abcdef'].map((letter, n) => (n % 2 ? mine : other).dispatch(said(letter))))
  await eventually('all are confirmed', () => mine.room().confirmed.length === 7 && other.room().confirmed.length === 7)
  expect(other.room()).toEqual(mine.room())
  expect(mine.store.getState().plain).toHaveLength(7) // once each, in the order in which they were shown
  expect(selectPending(mine.store.getState())).toEqual({})
})

test('a direct message is confirmed by its acknowledgement, and removed by a rejection', async () => {
  const hub = hubOf(node.url, 'c')
  const { dispatch, room, store } = storeOf(hub)
  await hub.connect()
  await dispatch(whispered('psst'))
  await eventually('confirmed', () => room().confirmed.length === 1)
  const refused = dispatch(announced('no'))
  expect(room().value).toEqual(['psst', 'no'])
  await expect(refused).rejects.toMatchObject({ code: 'forbidden' })
  expect(room().value).toEqual(['psst'])
  expect(selectPending(store.getState())).toEqual({})
})

test('only accepted types come in, and never those of frameworks', async () => {
  const hub = hubOf(node.url, 'd')
  const { seen } = storeOf(hub)
  await hub.connect()
  const arrived: string[] = []
  hub.inbox.on(({ type }) => arrived.push(type))
  // by the server API: nodes refuse `@@` types of clients, but accept them from the application's backend
  const types = ['@@INIT', '@@redux/INIT', 'hub/acked', 'admin/granted', 'chat/said']
  for (const type of types)
    expect((await node.api('/v1/publish', { to: 'user:d', type, payload: 'x' })).status).toBe(200)
  await eventually('all arrive', () => arrived.length === types.length)
  expect(seen.filter(({ payload }) => payload === 'x').map(({ type }) => type)).toEqual(['chat/said'])
  expect(() => createHubMiddleware({ hub } as never)).toThrow(/accept/)
})

test('a received action is not sent back, even when it is dispatched again', async () => {
  const [a, b] = [hubOf(node.url, 'f'), hubOf(node.url, 'g')]
  const { seen, store } = storeOf(a)
  await Promise.all([a.connect(), b.connect()])
  await b.send('user:f', { type: 'chat/said', payload: 'once' })
  const action = await eventually('it came', () => seen.find(({ payload }) => payload === 'once'))
  store.dispatch(structuredClone(action) as never)
  expect(Object.keys(selectPending(store.getState()))).toEqual([])
})

test('the view, its members and the connection are in the state', async () => {
  const [a, b] = [hubOf(node.url, 'h'), hubOf(node.url, 'i')]
  const { store } = storeOf(a)
  await Promise.all([a.connect(), b.connect()])
  await eventually('synced', () => selectConnection(store.getState()).synced)
  expect(selectConnection(store.getState())).toMatchObject({ state: 'connected', user: 'h' })
  store.dispatch(view('ch:acme/view/1'))
  await eventually(
    'there',
    () =>
      selectMembers(store.getState(), 'ch:acme/view/1')
        .map(({ user }) => user)
        .join() === 'h',
  )
  const second = b.channel('ch:acme/view/2')
  await eventually('the list is there', () => second.presence.size === 1)
  store.dispatch(view('ch:acme/view/2'))
  await eventually('both', () => selectMembers(store.getState(), 'ch:acme/view/2').length === 2)
  store.dispatch(view(null))
  await eventually('left', () => second.presence.size === 1)
  store.dispatch(leave('ch:acme/view/2'))
})

test('epics see received actions, and the actions that they emit are sent', async () => {
  const [a, b] = [hubOf(node.url, 'j'), hubOf(node.url, 'k')]
  const answer: Epic = (actions) =>
    actions.pipe(
      filter((action) => whispered.match(action) && action.meta.hub.from === 'k'),
      map(() => hubAction<string>('chat/whispered', 'user:k')('heard')),
    )
  const epics = createEpicMiddleware()
  storeOf(a, [epics as Middleware])
  epics.run(combineEpics(answer))
  const heard: unknown[] = []
  b.direct('j').on(({ payload }) => heard.push(payload))
  await Promise.all([a.connect(), b.connect()])
  await b.send('user:j', { type: 'chat/whispered', payload: 'hello' })
  await eventually('the answer', () => heard.length)
  expect(heard).toEqual(['heard'])
})

test('conversations and their unread counts are in the state, on each device', async () => {
  const [phone, desk, other] = [hubOf(node.url, 'l'), hubOf(node.url, 'l'), hubOf(node.url, 'm')]
  const list = followConversations(phone)
  const { store, dispatch } = storeOf(phone, [], list)
  const shown = () =>
    selectConversations(store.getState()).map(({ user, unread, last }) => [user, unread, last.payload])
  await Promise.all([phone, desk, other].map((hub) => hub.connect()))
  await eventually('it was asked', () => !store.getState().hub.conversations.stale)
  await other.send('user:l', { type: 'chat/whispered', payload: 'one' })
  await other.send('user:l', { type: 'chat/whispered', payload: 'two' })
  await eventually('two are unread', () => selectUnread(store.getState()) === 2)
  expect(shown()).toEqual([['m', 2, 'two']])
  const there = followConversations(desk)
  await eventually('on the desk, too', () => there.unread === 2)
  dispatch(read('m'))
  await eventually('read on both', () => there.unread === 0 && selectUnread(store.getState(), 'm') === 0)
  await dispatch(hubAction<string>('chat/whispered', 'user:z')('three'))
  await eventually('what was sent', () => shown().length === 2)
  expect(shown()).toEqual([
    ['z', 0, 'three'],
    ['m', 0, 'two'],
  ])
  list.close()
  there.close()
})
