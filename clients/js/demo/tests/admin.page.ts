import { mkdirSync } from 'node:fs'
import axe from 'axe-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { launchBrowser } from '../../testing/chromium.mjs'
import { eventually } from '../../testing/eventually.js'
import { API_KEY, type HubwireNode, startNode, tokenFor } from '../../testing/node.js'
import { type Redis, startRedis } from '../../testing/redis.js'
import { SHOTS } from './demo.js'

// The operator's page, over three nodes on Redis.
let redis: Redis
let nodes: HubwireNode[]
let browser: Browser
const complaints: string[] = []

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true })
  redis = await startRedis()
  const start = (label: string) =>
    startNode({ redisUrl: redis.url, settings: { NODE_LABEL: label, DRAIN_GRACE_MS: 200 } })
  nodes = [await start('n1'), await start('n2'), await start('n3')]
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  for (const node of nodes) await node.stop()
  await redis.stop()
})

/** The page of the first node, without a sign-in. */
async function open(options: BrowserContextOptions = {}, hash = ''): Promise<[Page, BrowserContext]> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const url = (await nodes[0]!.api('/admin/')).url
  page.on('pageerror', (error) => complaints.push(`thrown: ${error}`))
  page.on('console', (message) => {
    // a refused request is part of some tests
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin)) complaints.push(`request to ${request.url()}`)
  })
  await page.goto(url + hash)
  return [page, context]
}

async function signedIn(options: BrowserContextOptions = {}, hash = ''): Promise<[Page, BrowserContext]> {
  const [page, context] = await open(options, hash)
  await page.getByLabel('API key').fill(API_KEY)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Screens' }).waitFor()
  return [page, context]
}

interface Tab {
  closed: Promise<number>
  send(action: unknown): void
}

/** A user's socket on a node, once it is welcomed. */
async function connect(user: string, node: HubwireNode): Promise<Tab> {
  const socket = new WebSocket(node.url, { headers: { authorization: `Bearer ${tokenFor(user)}` } })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject))
  return { closed, send: (action) => socket.send(JSON.stringify(action)) }
}

const view = (channel: string) => ({ type: '@@hub/view', payload: {}, meta: { hub: { to: channel, id: 'v' } } })

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as never as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}

/** How far the tables of a page extend beyond the visible part, in pixels. */
function hiddenColumns(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.max(0, ...[...document.querySelectorAll('.scroll')].map((table) => table.scrollWidth - table.clientWidth)),
  )
}

test('a wrong key is refused, the right one signs in, and signing out ends it', async () => {
  const [page, context] = await open()
  await page.getByLabel('API key').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('no API key of the node with the scope operate').waitFor()
  await page.getByLabel('API key').fill(API_KEY)
  await page.getByLabel('API key').press('Enter')
  await page.getByRole('heading', { name: 'Cluster' }).waitFor()
  expect(await page.evaluate(() => document.cookie), 'scripts cannot read it').toBe('')
  await page.reload()
  await page.getByRole('heading', { name: 'Cluster' }).waitFor()
  const [cookie] = await context.cookies()
  expect([cookie?.httpOnly, cookie?.sameSite]).toEqual([true, 'Strict'])
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('API key').waitFor()
  const status = await page.evaluate(async () => (await fetch('/v1/cluster')).status)
  expect(status).toBe(401)
  await context.close()
})

test('an unknown cookie leads back to the sign-in', async () => {
  const [page, context] = await signedIn()
  const [cookie] = await context.cookies()
  await context.addCookies([{ ...cookie!, value: 'f'.repeat(64) }])
  await page.getByLabel('API key').waitFor()
  await context.close()
})

test('a foreign page can neither sign in nor act, even with the cookie', async () => {
  const [own, context] = await signedIn()
  const origin = new URL(own.url()).origin
  const page = await context.newPage()
  // another host name of the same machine is another site
  await page.goto(`${origin.replace('127.0.0.1', 'localhost')}/admin/`)
  const act = () =>
    page.evaluate(
      (url) =>
        fetch(url, { method: 'POST', body: '{}', headers: { 'X-Hubwire-Admin': '1' } }).then(
          () => 'done',
          () => 'refused',
        ),
      `${origin}/v1/users/u1/disconnect`,
    )
  expect(await act()).toBe('refused')
  await context.close()
})

test('three nodes are shown, and a killed one turns red and stays visible', async () => {
  const doomed = await startNode({ redisUrl: redis.url, settings: { NODE_LABEL: 'n4' } })
  const [page, context] = await signedIn()
  const row = (label: string) => page.getByRole('row', { name: new RegExp(`^${label} `) })
  for (const label of ['n1', 'n2', 'n3', 'n4']) await row(label).getByText('ready', { exact: true }).waitFor()
  doomed.child.kill('SIGKILL')
  await row('n4')
    .getByText(/^(silent|gone)$/)
    .waitFor()
  await row('n4').getByText('gone', { exact: true }).waitFor({ timeout: 20_000 })
  await page.getByRole('region', { name: 'Alarms' }).getByText('n4: is not alive any more').waitFor()
  expect(await violations(page)).toEqual([])
  await row('n3').getByText('ready', { exact: true }).waitFor()
  await context.close()
})

test('an operator finds a user, closes its sockets, blocks and unblocks it', async () => {
  const [one, two] = [await connect('u1', nodes[0]!), await connect('u1', nodes[1]!)]
  one.send(view('ch:acme/order/1'))
  const [page, context] = await signedIn()
  await page.getByRole('searchbox').fill('u1')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByText('2 sessions').waitFor()
  await page.getByRole('link', { name: 'ch:acme/order/1' }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.screenshot({ path: `${SHOTS}/admin-user.png`, fullPage: true })
  await page.getByRole('button', { name: 'Disconnect all' }).click()
  await page.getByText('2 sessions told to close.').waitFor()
  expect(await Promise.all([one.closed, two.closed])).toEqual([4403, 4403])
  await page.getByLabel('Reason').fill('a test')
  await page.getByRole('button', { name: 'Block', exact: true }).click()
  await page.getByText(/^Blocked for another .* a test$/).waitFor()
  await eventually('it may not come back', async () => {
    const refused = await connect('u1', nodes[1]!).then(
      () => false,
      () => true,
    )
    return refused
  })
  // every node remembers how its sessions ended
  const past = page.getByRole('region', { name: 'What happened to it' })
  await past
    .getByRole('row', { name: /session ended .* 4403 forbidden, closed by node/ })
    .first()
    .waitFor()
  // after the ends of sessions that began before the node knew of the block: only the newest rows are shown
  await expect(connect('u1', nodes[1]!)).rejects.toThrow()
  await past
    .getByRole('row', { name: /handshake refused .* the user is blocked/ })
    .first()
    .waitFor()
  expect(await violations(page)).toEqual([])
  expect(await hiddenColumns(page), 'the whole past is seen').toBe(0)
  await page.screenshot({ path: `${SHOTS}/admin-past.png`, fullPage: true })
  await page.getByRole('button', { name: 'Unblock' }).click()
  await page.getByRole('button', { name: 'Block', exact: true }).waitFor()
  await eventually('it may', () =>
    connect('u1', nodes[1]!).then(
      () => true,
      () => false,
    ),
  )
  await context.close()
})

test('a channel shows its users and its sessions by node, and a user is removed', async () => {
  const tabs = [await connect('c1', nodes[0]!), await connect('c2', nodes[1]!), await connect('c3', nodes[1]!)]
  for (const tab of tabs) tab.send(view('ch:acme/order/7'))
  const [page, context] = await signedIn({}, '#channels')
  await page.getByLabel('Path begins with').fill('order/7')
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByRole('row', { name: /^ch:acme\/order\/7 3 3/ }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('link', { name: 'ch:acme/order/7' }).click()
  const byNode = page.getByRole('region', { name: 'Sessions by node' }).getByRole('row')
  await eventually('sessions by node', async () =>
    (await byNode.allInnerTexts()).slice(1).some((text) => /n2\s+2/.test(text)),
  )
  expect(await violations(page)).toEqual([])
  await page.screenshot({ path: `${SHOTS}/admin-channel.png`, fullPage: true })
  await page.getByRole('row', { name: /^c2/ }).getByRole('button', { name: 'Take out' }).click()
  await page.getByText('2 users.').waitFor()
  await context.close()
})

test('a publication is seen in the tail, and its path is shown', async () => {
  const tabs = [await connect('t1', nodes[0]!), await connect('t2', nodes[1]!)]
  for (const tab of tabs) tab.send(view('ch:acme/order/9'))
  const [tail, first] = await signedIn({}, '#tail')
  await tail.getByLabel('Address begins with').fill('ch:acme/order/9')
  await tail.getByRole('button', { name: 'Filter' }).click()
  const [page, second] = await signedIn({}, '#publish')
  const fields = { Address: 'ch:acme/order/9', Type: 'order/closed', 'Payload (JSON)': '{"secret":' }
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text)
  const publish = page.getByRole('button', { name: 'Publish', exact: true })
  await publish.click()
  await page.getByText('The payload is no JSON').waitFor()
  await page.getByLabel('Payload (JSON)').fill('{"secret":7}')
  const row = tail.getByRole('row', { name: /ch:acme\/order\/9 order\/closed/ }).first()
  await eventually('the tail has begun', async () => {
    await publish.click()
    await page.getByText('Published.').waitFor()
    return row.isVisible()
  })
  expect(await tail.getByText('secret').count(), 'payloads are hidden').toBe(0)
  expect(await violations(tail)).toEqual([])
  await tail.screenshot({ path: `${SHOTS}/admin-tail.png`, fullPage: true })
  await page.screenshot({ path: `${SHOTS}/admin-publish.png`, fullPage: true })
  await row.getByRole('link').first().click()
  await tail.getByRole('heading', { name: 'in ch:acme/order/9' }).waitFor()
  const way = tail.getByRole('region', { name: 'Its way' })
  await way.getByRole('row', { name: /^n2 – \S+Z 1 0 yes/ }).waitFor()
  await tail.getByRole('button', { name: 'Show the payload (audited)' }).click()
  await tail.getByText('{"secret":7}').waitFor()
  expect(await violations(tail)).toEqual([])
  await tail.screenshot({ path: `${SHOTS}/admin-message.png`, fullPage: true })
  await first.close()
  await second.close()
})

test('draining a node requires typing its label', async () => {
  const spare = await startNode({ redisUrl: redis.url, settings: { NODE_LABEL: 'spare', DRAIN_GRACE_MS: 200 } })
  const [page, context] = await signedIn()
  await page.getByRole('button', { name: 'Drain spare…' }).click()
  const card = page.getByRole('region', { name: 'Drain a node' })
  await card.getByLabel('Its label').fill('n1')
  await card.getByRole('button', { name: 'Drain', exact: true }).click()
  await card.getByText('nothing was done').waitFor()
  await card.getByLabel('Its label').fill('spare')
  await card.getByRole('button', { name: 'Drain', exact: true }).click()
  await card.getByText('was asked to drain').waitFor()
  await eventually('it ends by itself', async () => spare.child.exitCode === 0)
  await context.close()
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1280]) {
    test(`in ${colorScheme}, ${width} pixels wide, every screen fits and axe-core finds nothing`, async () => {
      const options = { colorScheme, viewport: { width, height: 800 } }
      const [start, first] = await open(options)
      await start.getByLabel('API key').waitFor()
      expect(await violations(start)).toEqual([])
      await start.screenshot({ path: `${SHOTS}/admin-signin-${colorScheme}-${width}.png` })
      await first.close()
      const [page, context] = await signedIn(options)
      for (const [screen, table] of [
        ['Cluster', 'Nodes'],
        ['Tail', null],
        ['Publish', null],
        ['Audit', 'Events'],
        ['Settings', 'Settings'],
      ] as const) {
        await page.getByRole('link', { name: screen, exact: true }).click()
        await page.getByRole('heading', { name: screen, exact: true }).waitFor()
        if (table) await page.getByRole('region', { name: table }).waitFor()
        expect(await violations(page), screen).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth), screen).toBeLessThanOrEqual(width)
        if (width >= 1280) expect(await hiddenColumns(page), `${screen} shows whole tables`).toBe(0)
        await page.screenshot({ path: `${SHOTS}/admin-${screen.toLowerCase()}-${colorScheme}-${width}.png` })
      }
      await context.close()
    })
  }
}

test('no page sent requests to other hosts or logged errors', () => {
  expect(complaints).toEqual([])
})
