import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser } from '../../testing/chromium.mjs'
import { eventually } from '../../testing/eventually.js'
import { type Balancer, startBalancer } from '../../testing/haproxy.js'
import { type HubwireNode, startNode } from '../../testing/node.js'
import { type Redis, startRedis } from '../../testing/redis.js'

/** The folder of screenshots. */
export const SHOTS: string = process.env.SHOTS ?? fileURLToPath(new URL('../../../../target/pages', import.meta.url))

/** The demo as `deploy/local-cluster` serves it: three nodes behind HAProxy, and a browser. */
export interface Demo {
  readonly url: string
  readonly nodes: Map<string, HubwireNode>
  /** A person's desk in a separate browser profile. */
  desk(user: string, options?: DeskOptions): Promise<Desk>
  /** The start page. */
  start(options?: BrowserContextOptions): Promise<Page>
  /** Requests of pages to other hosts, and their console output. */
  readonly complaints: string[]
  stop(): Promise<void>
}

export interface DeskOptions extends BrowserContextOptions {
  org?: string
  order?: string
  /** Share the profile of another desk. */
  context?: BrowserContext
}

export interface Desk {
  readonly page: Page
  readonly context: BrowserContext
  edit(label: string, value: string): Promise<void>
  value(label: string): Promise<string>
  /** All cells of the lines, and the total. */
  table(): Promise<string[]>
  click(name: string | RegExp): Promise<void>
  say(label: string, text: string): Promise<void>
  /** The text of the element with this label. */
  text(label: string): Promise<string>
  close(): Promise<void>
}

export async function startDemo(): Promise<Demo> {
  const redis: Redis = await startRedis()
  const labels = ['n1', 'n2', 'n3'] as const
  const start = (label: string) => {
    const settings = { NODE_LABEL: label, AUTH_ALLOWED_ORIGINS: '', DRAIN_GRACE_MS: 200 }
    return startNode({ dev: true, redisUrl: redis.url, settings })
  }
  const [n1, n2, n3] = [await start('n1'), await start('n2'), await start('n3')]
  const balancer: Balancer = await startBalancer([n1, n2, n3])
  const browser: Browser = await launchBrowser()
  const complaints: string[] = []
  mkdirSync(SHOTS, { recursive: true })

  async function newPage(context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    page.on('pageerror', (error) => complaints.push(`thrown: ${error}`))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(balancer.url)) complaints.push(`request to ${request.url()}`)
    })
    page.on('websocket', (socket) => {
      if (!socket.url().startsWith(balancer.url.replace('http', 'ws'))) complaints.push(`socket to ${socket.url()}`)
    })
    return page
  }

  return {
    url: balancer.url,
    nodes: new Map([n1, n2, n3].map((node, n) => [labels[n] as string, node])),
    complaints,
    async start(options = {}) {
      const page = await newPage(await browser.newContext(options))
      await page.goto(balancer.url)
      return page
    },
    async desk(user, { org = 'acme', order = '', context: shared, ...options } = {}) {
      const context = shared ?? (await browser.newContext(options))
      const page = await newPage(context)
      await page.goto(`${balancer.url}/?user=${user}#${org}${order && `/${order}`}`)
      await page.getByLabel('Connection', { exact: true }).getByText('connected').waitFor()
      if (order) await page.locator('.frame[aria-busy=false]').waitFor()
      return deskOf(page, context)
    },
    async stop() {
      await browser.close()
      await balancer.stop()
      for (const node of [n1, n2, n3]) await node.stop()
      await redis.stop()
    },
  }
}

function deskOf(page: Page, context: BrowserContext): Desk {
  const field = (label: string) => page.getByLabel(label, { exact: true })
  return {
    page,
    context,
    async edit(label, value) {
      await field(label).fill(value)
      await field(label).press('Enter')
    },
    value: (label) => field(label).inputValue(),
    table: () =>
      page.getByRole('table', { name: 'Lines' }).evaluate((table) => {
        const inputs = [...table.querySelectorAll('input')].map((input) => input.value)
        return [...inputs, table.querySelector('[aria-label=Total]')?.textContent ?? '']
      }),
    click: (name) => page.getByRole('button', { name, exact: typeof name === 'string' }).click(),
    async say(label, text) {
      await field(label).fill(text)
      await field(label).press('Enter')
    },
    text: (label) => field(label).innerText(),
    close: () => page.close(),
  }
}

/** Waits until both tables are equal and nothing is pending on either. */
export async function agree(a: Desk, b: Desk): Promise<string[]> {
  const settled = async ({ page }: Desk) => (await page.locator('.cell.pending, .cell.refused').count()) === 0
  await eventually(
    'both tables are equal',
    async () => {
      if (!(await settled(a)) || !(await settled(b))) return false
      return JSON.stringify(await a.table()) === JSON.stringify(await b.table())
    },
    20_000,
  )
  return a.table()
}
