import { type Hub, HubError } from '@hubwire/client'
import { expect, test } from 'vitest'
import { settle } from '../../testing/clock.js'
import { follow } from '../src/live.js'

// Answers to requests and notifications in between, in every order.
function start() {
  let told = (_: object) => {}
  const hub = {
    state: 'connected',
    on: (_: string, handler: (value: object) => void) => {
      told = handler
      return () => {}
    },
  }
  const become = (state: string) => {
    const previous = hub.state
    hub.state = state
    told({ state, previous })
  }
  const asks: { answer(value: string): Promise<void>; refuse(): Promise<void> }[] = []
  const refused: string[] = []
  let push = (_: string) => {}
  const closed: boolean[] = []
  const live = follow<string>(
    hub as unknown as Hub,
    {
      first: '',
      ask: () =>
        new Promise((resolve, reject) => {
          asks.push({
            answer(value) {
              resolve(value)
              return settle()
            },
            refuse() {
              reject(new HubError('forbidden', 'no'))
              return settle()
            },
          })
        }),
      listen(change) {
        push = (text) => change((before) => before + text)
        return () => {
          push = () => {}
        }
      },
      closed: (connected) => closed.push(connected),
    },
    ({ code }) => refused.push(code),
  )
  const seen: string[] = []
  live.onChange((value) => seen.push(`${value}${live.stale ? ' stale' : ''}`))
  const ask = (at: number) => {
    const found = asks[at]
    if (!found) throw new Error(`it was asked ${asks.length} times`)
    return found
  }
  return { live, asks, ask, seen, refused, become, closed, push: (text: string) => push(text) }
}

test('a notification that arrives before the answer is newer than the answer', async () => {
  const { live, ask, push, seen } = start()
  push('b')
  expect([live.value, live.stale]).toEqual(['', true])
  await ask(0).answer('a')
  push('c')
  expect(seen).toEqual(['ab', 'abc'])
  live.refresh()
  push('d')
  await ask(1).answer('A')
  expect(seen).toEqual(['ab', 'abc', 'abcd', 'Ad'])
})

test('the answer of an ended connection is ignored, and the state is stale until the next one', async () => {
  const { ask, asks, push, seen, become } = start()
  await ask(0).answer('a')
  become('reconnecting')
  push('lost')
  become('connected')
  become('reconnecting')
  become('connected')
  await ask(1).answer('late')
  push('c')
  await ask(2).answer('b')
  expect(seen).toEqual(['a', 'a stale', 'a stale', 'bc'])
  expect(asks).toHaveLength(3)
})

test('after a refusal no notifications are kept until the next request', async () => {
  const { live, ask, push, refused } = start()
  push('before')
  await ask(0).refuse()
  push('after')
  expect([refused, live.value, live.stale, live.refused?.code]).toEqual([['forbidden'], '', true, 'forbidden'])
  live.refresh()
  await ask(1).answer('a')
  expect([live.value, live.stale, live.refused]).toEqual(['a', false, undefined])
})

test('after close there are no notifications, no requests and no refusals', async () => {
  const { live, ask, asks, push, seen, refused, become, closed } = start()
  live.close()
  live.close()
  await ask(0).refuse()
  push('a')
  become('connected')
  live.refresh()
  expect([seen, refused, asks.length, closed]).toEqual([[], [], 1, [true]])
})
