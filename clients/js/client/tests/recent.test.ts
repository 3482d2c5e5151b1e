import { createHub } from '@hubwire/client'
import { expect, test } from 'vitest'
import { settle, virtualClock } from '../../testing/clock.js'
import { publication, scriptedSockets } from '../../testing/script.js'
import { createRecent } from '../src/shared/recent.js'

test('a holder whose stream began after the position of a tab requests the publications in between', async () => {
  const wire = scriptedSockets()
  const hub = createHub({
    url: 'ws://node/ws',
    getToken: () => 't',
    webSocket: wire.webSocket,
    environment: virtualClock(),
  })
  hub.connect()
  await settle()
  await wire.current().welcome()
  const recent = createRecent(hub)
  const seqs = (actions: readonly { meta: { hub: { pos?: string } } }[]) => actions.map(({ meta }) => meta.hub.pos)
  // the holder before this one saw 4 and 5, moved the cursor to 5 and died before all tabs had them
  for (const seq of [6, 7]) recent.add('org:acme', publication('org:acme', `${seq}-1`) as never)

  const here = await recent.after('org:acme', '5-1')
  expect([here.whole, seqs(here.actions)]).toEqual([true, ['6-1', '7-1']])

  const missed = recent.after('org:acme', '3-1')
  await settle()
  const asked = wire.current().last('@@hub/history')
  const publications = [3, 4, 5, 6, 7].map((seq) => publication('org:acme', `${seq}-1`))
  await wire.current().say({
    type: '@@hub/history',
    payload: { publications, more: false },
    meta: { hub: { to: 'org:acme', re: asked?.meta?.hub?.id as string } },
  })
  const { whole, actions } = await missed
  expect([whole, seqs(actions)]).toEqual([true, ['4-1', '5-1', '6-1', '7-1']])
})
