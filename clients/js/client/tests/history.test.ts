import { createHub } from '@hubwire/client'
import { expect, test } from 'vitest'
import { settle, virtualClock } from '../../testing/clock.js'
import { publication, scriptedSockets } from '../../testing/script.js'

// Pages of history forward, from a node with this feature and from one that ignores it.
async function ask(pages: { seqs: number[]; more: boolean }[]) {
  const wire = scriptedSockets()
  const hub = createHub({
    url: 'ws://node/ws',
    getToken: () => 't',
    device: false,
    webSocket: wire.webSocket,
    environment: virtualClock(),
  })
  hub.connect()
  await settle()
  await wire.current().welcome()
  const read: unknown[] = []
  const reading = (async () => {
    for await (const page of hub.org('acme').history({ after: '20-1', limit: 2 }))
      read.push(page.map(({ meta }) => meta.hub.pos))
  })().catch((error) => read.push(error.code))
  const asked: unknown[] = []
  for (const { seqs, more } of pages) {
    await settle()
    const { payload, meta } = wire.current().last('@@hub/history') ?? {}
    asked.push(payload)
    const publications = seqs.map((seq) => publication('org:acme', `${seq}-1`))
    await wire.current().say({
      type: '@@hub/history',
      payload: { publications, more },
      meta: { hub: { to: 'org:acme', re: meta?.hub?.id as string } },
    })
  }
  await reading
  return { read, asked }
}

test('each page continues where the previous one ended', async () => {
  const { read, asked } = await ask([
    { seqs: [21, 22], more: true },
    { seqs: [23], more: false },
  ])
  expect(read).toEqual([['21-1', '22-1'], ['23-1']])
  expect(asked).toEqual([
    { after: '20-1', limit: 2 },
    { after: '22-1', limit: 2 },
  ])
})

test('a node that ignores `after` does not cause endless requests', async () => {
  expect((await ask([{ seqs: [18, 19], more: true }])).read).toEqual(['failed'])
})
