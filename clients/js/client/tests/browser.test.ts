import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Site, startSite } from '../../testing/browser.js'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode, tokenFor } from '../../testing/node.js'
import { type FaultyProxy, startProxy } from '../../testing/proxy.js'
import { hubOf, numbers } from './hubs.js'

// In Chromium: a page, a worker, and tabs that share a socket (m01).
let node: HubwireNode
let proxy: FaultyProxy
let site: Site

beforeAll(async () => {
  node = await startNode()
  proxy = await startProxy(node.publicPort)
  site = await startSite({ 'worker.js': WORKER, 'shared.js': SHARED_WORKER })
})
afterAll(async () => {
  await site.stop()
  await proxy.stop()
  await node.stop()
})

const WORKER = `
import { createHub } from '@hubwire/client'
onmessage = ({ data: { url, token } }) => {
  const hub = createHub({ url, getToken: () => token })
  hub.inbox.on(({ payload }) => postMessage(payload))
  hub.connect().then(({ user }) => postMessage(user))
}
`

const SHARED_WORKER = `
import { createHub } from '@hubwire/client'
import { serveHub } from '@hubwire/client/shared'
const { url, token } = JSON.parse(self.name)
serveHub(createHub({ url, getToken: () => token }))
`

interface Setup {
  url: string
  token: string
  kind: 'createHub' | 'createSharedHub'
  codec?: boolean
  /** WebSockets that fail before a stream is tried. */
  streamAfter?: number
  worker?: boolean
}

/** A page whose \`hub\` collects its events in \`seen\`. */
async function open(context: BrowserContext, setup: Setup): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(error))
  await page.goto(site.url)
  await page.evaluate(({ url, token, kind, codec, streamAfter, worker }) => {
    const { hubwire } = globalThis as never as {
      hubwire: Record<string, (options: unknown) => never> & { msgpack: unknown }
    }
    const options: Record<string, unknown> = {
      url,
      name: 'tabs',
      getToken: () => token,
      reconnect: { baseMs: 20, capMs: 200 },
    }
    if (codec) options.codec = hubwire.msgpack
    if (streamAfter !== undefined) options.webSocket = hubwire.webSocketOrStream?.({ after: streamAfter })
    if (worker) options.worker = new SharedWorker('/shared.js', { name: JSON.stringify({ url, token }) })
    const hub = hubwire[kind]?.(options) as never as import('@hubwire/client').Hub
    const seen: unknown[] = []
    hub.on('action', ({ payload }) => seen.push(payload))
    hub.on('gap', (gap) => seen.push(gap))
    Object.assign(globalThis, { hub, seen })
    return hub.connect().then(() => undefined)
  }, setup)
  return page
}

const seenBy = (page: Page) => page.evaluate(() => (globalThis as never as { seen: unknown[] }).seen)
const stateOf = (page: Page) => page.evaluate(() => (globalThis as never as { hub: { state: string } }).hub.state)
const sendFrom = (page: Page, to: string, payload: unknown) =>
  page.evaluate(
    async ([address, value]) => {
      const { hub } = globalThis as never as { hub: import('@hubwire/client').Hub }
      return (await hub.send(address as string, { type: 'n', payload: value })).duplicate
    },
    [to, payload],
  )

for (const codec of [false, true]) {
  test(`a page reconnects after it was offline, and receives what it missed (${codec ? 'msgpack' : 'json'})`, async () => {
    const user = `page-${codec}`
    const context = await site.browser.newContext()
    const page = await open(context, { url: proxy.url, token: tokenFor(user), kind: 'createHub', codec })
    const writer = hubOf(node.url, 'writer')
    await writer.connect()
    await writer.send(`user:${user}`, { type: 'n', payload: 1 })
    await eventually('it arrives', async () => (await seenBy(page)).length === 1)
    proxy.open = false
    proxy.cut()
    await eventually('cut', async () => (await stateOf(page)) === 'reconnecting')
    await writer.send(`user:${user}`, { type: 'n', payload: 2 })
    proxy.open = true
    await eventually('both', async () => (await seenBy(page)).length === 2)
    expect(await seenBy(page)).toEqual([1, 2])
    const device = await page.evaluate(() => localStorage.getItem('hubwire.device'))
    expect(device).toMatch(/^[a-z0-9]{16}$/)
    await context.close()
  })
}

test('a page whose network blocks WebSockets uses a stream, and receives what it missed', async () => {
  const context = await site.browser.newContext()
  proxy.noSockets = true
  const { sockets } = proxy
  const setup: Setup = { url: proxy.url, token: tokenFor('streaming'), kind: 'createHub', streamAfter: 2 }
  const page = await open(context, setup)
  expect(proxy.sockets - sockets).toBe(2)
  const writer = hubOf(node.url, 'writer')
  await writer.connect()
  await writer.send('user:streaming', { type: 'n', payload: 1 })
  await eventually('it arrives', async () => (await seenBy(page)).length === 1)
  expect(await sendFrom(page, 'user:writer', 'up')).toBe(false)
  proxy.open = false
  proxy.cut()
  await eventually('cut', async () => (await stateOf(page)) === 'reconnecting')
  await writer.send('user:streaming', { type: 'n', payload: 2 })
  proxy.open = true
  await eventually('both', async () => (await seenBy(page)).length === 2)
  expect(await seenBy(page)).toEqual([1, 2])
  proxy.noSockets = false
  await context.close()
})

test('a reloaded page continues at its cursor', async () => {
  const context = await site.browser.newContext()
  const setup: Setup = { url: node.url, token: tokenFor('reloaded'), kind: 'createHub' }
  const page = await open(context, setup)
  const writer = hubOf(node.url, 'writer')
  await writer.connect()
  await writer.send('user:reloaded', { type: 'n', payload: 1 })
  await eventually('it arrives', async () => (await seenBy(page)).length === 1)
  await page.evaluate(() => (globalThis as never as { hub: { close(): Promise<void> } }).hub.close()) // commits
  await page.close()
  await writer.send('user:reloaded', { type: 'n', payload: 2 })
  const again = await open(context, setup)
  await eventually('what was missed', async () => (await seenBy(again)).length)
  expect(await seenBy(again)).toEqual([2])
  await context.close()
})

test('a worker has its own hub', async () => {
  const context = await site.browser.newContext()
  const page = await context.newPage()
  await page.goto(site.url)
  await page.evaluate(
    (setup) => {
      const worker = new Worker('/worker.js')
      const seen: unknown[] = []
      worker.onmessage = ({ data }) => seen.push(data)
      worker.postMessage(setup)
      Object.assign(globalThis, { seen })
    },
    { url: node.url, token: tokenFor('worker') },
  )
  await eventually('connected', async () => (await seenBy(page)).includes('worker'))
  const writer = hubOf(node.url, 'writer')
  await writer.connect()
  await writer.send('user:worker', { type: 'n', payload: 'hello' })
  await eventually('it arrives', async () => (await seenBy(page)).includes('hello'))
  await context.close()
})

for (const worker of [false, true]) {
  test(`three tabs share a socket ${worker ? 'in a SharedWorker' : 'of the leading tab'}, and none loses or duplicates anything when a tab closes`, async () => {
    const user = `tabs-${worker}`
    const context = await site.browser.newContext()
    const setup: Setup = { url: proxy.url, token: tokenFor(user), kind: 'createSharedHub', worker }
    const pages: Page[] = []
    for (const _ of [1, 2, 3]) pages.push(await open(context, setup))
    expect(proxy.connections).toBe(1)
    await Promise.all(
      pages.map((page) =>
        page.evaluate(async () => {
          const { hub } = globalThis as never as { hub: import('@hubwire/client').Hub }
          await hub.channel('ch:acme/tabs').joined
        }),
      ),
    )
    const writer = hubOf(node.url, 'writer')
    await writer.connect()
    const [leader, second, third] = pages as [Page, Page, Page]
    let sent = 0
    const write = async (count: number) => {
      for (const n of numbers(count, sent))
        await writer.send(n % 2 ? `user:${user}` : 'ch:acme/tabs', { type: 'n', payload: n })
      sent += count
    }
    await write(20)
    // each tab that starts with recent publications receives them, no matter which tab joined first
    for (const n of numbers(3)) await writer.send('ch:acme/past', { type: 'n', payload: `past ${n}` })
    for (const page of [second, third]) {
      await page.evaluate(async () => {
        const { hub } = globalThis as never as { hub: import('@hubwire/client').Hub }
        await hub.channel('ch:acme/past', { recent: 2 }).joined
      })
      await eventually('the past', async () => (await seenBy(page)).includes('past 2'))
      expect((await seenBy(page)).filter((payload) => /^past/.test(String(payload)))).toEqual(['past 1', 'past 2'])
    }
    expect(await sendFrom(second, 'user:somebody', 'from the second tab')).toBe(false)
    await eventually('the other tabs see what one sent', async () =>
      (await Promise.all([seenBy(leader), seenBy(third)])).every((seen) => seen.includes('from the second tab')),
    )
    await leader.close()
    await write(20)
    proxy.cut()
    await write(20)
    const whole = async (page: Page) => (await seenBy(page)).filter((payload) => typeof payload === 'number')
    await eventually(
      'both have all',
      async () => (await whole(second)).length >= sent && (await whole(third)).length >= sent,
    )
    // each stream is in order; user and channel are separate streams
    for (const page of [second, third]) {
      const seen = (await whole(page)) as number[]
      expect(seen.filter((n) => n % 2)).toEqual(numbers(sent).filter((n) => n % 2))
      expect(seen.filter((n) => n % 2 === 0)).toEqual(numbers(sent).filter((n) => n % 2 === 0))
      expect((await seenBy(page)).filter((payload) => typeof payload === 'object')).toEqual([])
    }
    expect((await seenBy(second)).includes('from the second tab')).toBe(false)
    expect((await seenBy(third)).filter((payload) => payload === 'from the second tab')).toHaveLength(1)
    expect(proxy.connections).toBe(1)
    await context.close()
  })
}
