import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { type Demo, type Desk, SHOTS, startDemo } from './demo.js'

// The look of the pages, their accessibility, and their use with a keyboard. The picture of the README, docs/demo.png,
// is desk-light-1280.png of `npx vitest run --config vitest.pages.config.ts looks -t 'in light, 1280'`.
let demo: Demo
beforeAll(async () => {
  demo = await startDemo()
})
afterAll(() => demo.stop())

/** The findings of axe-core. The debugger injects it, since the page's policy allows no foreign script. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as never as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    )
  })
}

/** Ada's desk with something everywhere: an order two are in, a conversation, a toast, the frames. */
async function busy(options: Parameters<Demo['desk']>[1]): Promise<[Desk, Desk]> {
  const ada = await demo.desk('ada', { order: '1842', ...options })
  const zoe = await demo.desk('zoe', { order: '1842' })
  await ada.page.getByRole('list', { name: 'Here' }).getByText('Zoe').waitFor({ state: 'attached' })
  await zoe.say('Comment', 'Is the chair in stock?')
  await zoe.page.getByLabel('Comment', { exact: true }).fill('I could')
  await zoe.page.getByLabel('Line 2 price').focus()
  await ada.page.getByText('Is the chair in stock?').first().waitFor()
  return [ada, zoe]
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1280]) {
    test(`in ${colorScheme}, ${width} pixels wide, everything fits and axe-core finds nothing`, async () => {
      const start = await demo.start({ colorScheme, viewport: { width, height: 800 } })
      await start.getByRole('link', { name: /^Ada/ }).waitFor()
      expect(await violations(start)).toEqual([])
      await start.screenshot({ path: `${SHOTS}/start-${colorScheme}-${width}.png` })
      const [ada, zoe] = await busy({ colorScheme, viewport: { width, height: 800 } })
      const pane = async (name: string) => {
        const button = ada.page.getByRole('navigation', { name: 'Panes' }).getByRole('button', { name })
        if (await button.isVisible()) await button.click()
      }
      await pane('people')
      await ada.click(/^Zoe /)
      await ada.say('Message to Zoe', 'Look at 1842')
      await eventually('delivered', async () => (await ada.text('Messages with Zoe')).includes('delivered'))
      await ada.say('Announcement', 'Lunch is here')
      await ada.page.getByLabel('Toasts').getByText('Lunch is here').waitFor()
      for (const name of ['messages', 'people', 'orders']) {
        await pane(name)
        expect(await violations(ada.page), name).toEqual([])
        if (width < 900) await ada.page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${width}.png` })
        expect(await ada.page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(width)
      }
      await ada.page.screenshot({ path: `${SHOTS}/desk-${colorScheme}-${width}.png` })
      await ada.click('Frames')
      expect(await violations(ada.page), 'frames').toEqual([])
      await Promise.all([ada.context, zoe.context, start.context()].map((context) => context.close()))
    })
  }
}

test('the keyboard alone suffices to sign in, open an order, edit it and send a message', async () => {
  const page = await demo.start()
  await page.getByRole('link', { name: /^Ada/ }).waitFor()
  const { keyboard } = page
  const label = () =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
  const tabTo = async (wanted: RegExp) => {
    for (let n = 0; n < 80; n++) {
      await keyboard.press('Tab')
      if (wanted.test(await label())) return
    }
    throw new Error(`${wanted} is not reached by Tab; last: ${await label()}`)
  }
  await tabTo(/Ada/)
  await keyboard.press('Enter')
  await page.getByLabel('Connection', { exact: true }).getByText('connected').waitFor()
  await page.getByRole('button', { name: /^Order 1851/ }).waitFor()
  await tabTo(/^Skip/)
  await keyboard.press('Enter')
  await tabTo(/^Order 1851/)
  await keyboard.press('Enter')
  await page.locator('.frame[aria-busy=false]').waitFor()
  await tabTo(/^Line 1 quantity/)
  await keyboard.press('Control+A')
  await keyboard.type('23')
  await keyboard.press('Enter')
  await eventually('edited', async () => (await page.locator('.cell.pending').count()) === 0)
  expect(await page.getByLabel('Line 1 quantity').inputValue()).toBe('23')
  await keyboard.type('9')
  await keyboard.press('Escape')
  expect(await page.getByLabel('Line 1 quantity').inputValue(), 'Escape takes it back').toBe('23')
  await tabTo(/^Announcement/)
  await keyboard.type('hello')
  await keyboard.press('Enter')
  await page.getByLabel('Toasts').getByText('hello').waitFor()
  await page.context().close()
})

test('the pages sent no requests to other hosts, and the console is clean under the policy', () => {
  expect(demo.complaints).toEqual([])
})
