import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { agree, type Demo, type Desk, startDemo } from './demo.js'

// Two people on three nodes behind HAProxy: edits, presence, messages, announcements.
let demo: Demo
beforeAll(async () => {
  demo = await startDemo()
})
afterAll(() => demo.stop())

const nodeOf = async ({ page }: Desk) => page.getByLabel('Connection', { exact: true }).locator('b').first().innerText()

test('an edit of one person is seen by another on a different node', async () => {
  const ada = await demo.desk('ada', { order: '1842' })
  const zoe = await demo.desk('zoe', { order: '1842' })
  expect(await nodeOf(ada)).not.toBe(await nodeOf(zoe))
  await ada.edit('Line 1 quantity', '17')
  await eventually('Zoe sees it', async () => (await zoe.value('Line 1 quantity')) === '17')
  await zoe.edit('Line 2 product', 'Monitor arm, black')
  await eventually('Ada sees it', async () => (await ada.value('Line 2 product')) === 'Monitor arm, black')
  const table = await agree(ada, zoe)
  expect(table[1]).toBe('17')
  const newcomer = await demo.desk('ben', { order: '1842' })
  expect(await agree(ada, newcomer)).toEqual(table)
  await Promise.all([ada, zoe, newcomer].map((desk) => desk.context.close()))
})

test('two who edit one line fifty times while their sockets are cut end with one table', async () => {
  const ada = await demo.desk('ada', { order: '1843' })
  const zoe = await demo.desk('zoe', { order: '1843' })
  const edit = async (desk: Desk, offset: number) => {
    for (let n = 0; n < 50; n++) {
      await desk.edit('Line 1 quantity', String(offset + n))
      if (n % 12 === 6) await desk.click('Cut')
    }
  }
  await Promise.all([edit(ada, 1_000), edit(zoe, 2_000)])
  const [, quantity] = await agree(ada, zoe)
  expect(['1049', '2049']).toContain(quantity)
  const newcomer = await demo.desk('ben', { order: '1843' })
  expect((await agree(ada, newcomer))[1]).toBe(quantity)
  await Promise.all([ada, zoe, newcomer].map((desk) => desk.context.close()))
}, 90_000)

test('others see when a person opens an order, changes to another, reloads and leaves', async () => {
  const ada = await demo.desk('ada', { order: '1844' })
  const here = () => ada.page.getByRole('list', { name: 'Here' }).innerText()
  const chen = await demo.desk('chen', { order: '1844' })
  await eventually('Chen is here', async () => (await here()).includes('Chen'))
  await eventually('and shown in the list', () =>
    ada.page.getByRole('button', { name: /^Chen here, in order 1844/ }).isVisible(),
  )
  let left = false
  const watch = setInterval(async () => {
    left ||= !(await here().catch(() => 'Chen')).includes('Chen')
  }, 50)
  await chen.page.reload()
  await chen.page.locator('.frame[aria-busy=false]').waitFor()
  clearInterval(watch)
  expect(left, 'a reload is no leave').toBe(false)
  await chen.click(/^Order 1845/)
  await eventually('Chen left this order', async () => !(await here()).includes('Chen'))
  await eventually('for another', () => ada.page.getByRole('button', { name: /^Chen here, in order 1845/ }).isVisible())
  await chen.context.close()
  const gone = () => ada.page.getByRole('button', { name: /^Chen offline/ }).isVisible()
  await eventually('Chen is gone after the grace', gone, 15_000)
  await ada.context.close()
})

test('a message to an absent user waits and arrives once', async () => {
  const ada = await demo.desk('ada')
  await ada.click(/^Gus /)
  await ada.say('Message to Gus', 'call me')
  const thread = () => ada.text('Messages with Gus')
  await eventually('it waits', async () => (await thread()).includes('waiting for them'))
  const gus = await demo.desk('gus')
  await eventually('one unread', () => gus.page.getByRole('button', { name: /^Ada here.* 1 unread$/ }).isVisible())
  await gus.click(/^Ada /)
  const bubbles = gus.page.getByLabel('Messages with Ada').locator('li')
  expect(await bubbles.allInnerTexts()).toEqual(['call me'])
  await eventually('Ada learns that it was read', async () => (await thread()).includes('read'))
  await gus.page.reload()
  await gus.click(/^Ada here$/) // and nothing is unread any more
  await eventually('still once', async () => (await bubbles.allInnerTexts()).join() === 'call me')
  await Promise.all([ada, gus].map((desk) => desk.context.close()))
})

test('a second tab sees what the first one sends, and the first one sees it only once', async () => {
  const first = await demo.desk('zoe')
  const second = await demo.desk('zoe', { context: first.context })
  await first.click(/^Ben /)
  await second.click(/^Ben /)
  await first.say('Message to Ben', 'from the first tab')
  const bubbles = ({ page }: Desk) => page.getByLabel('Messages with Ben').locator('li')
  await eventually('the second tab has it', async () => (await bubbles(second).count()) === 1)
  await second.say('Message to Ben', 'from the second tab')
  await eventually('and the first its answer', async () => (await bubbles(first).count()) === 2)
  for (const desk of [first, second]) {
    const texts = (await bubbles(desk).allInnerTexts()).map((text) => text.split('\n')[0])
    expect(texts).toEqual(['from the first tab', 'from the second tab'])
  }
  await first.context.close()
})

test('an announcement reaches the members of its organisation only, and a guest may not make one', async () => {
  const ada = await demo.desk('ada')
  const gus = await demo.desk('gus')
  const mia = await demo.desk('mia', { org: 'beta' })
  await ada.say('Announcement', 'Lunch is here')
  const sees = ({ page }: Desk, text: string) => page.getByLabel('Toasts').getByText(text)
  await sees(gus, 'Lunch is here').waitFor()
  await gus.say('Announcement', 'from a guest')
  await sees(gus, 'forbidden').waitFor()
  await mia.say('Announcement', 'only for beta') // Ada is in beta, too: everything before it has arrived everywhere
  await sees(ada, 'Lunch is here').waitFor()
  await sees(mia, 'only for beta').waitFor()
  expect(await sees(mia, 'Lunch is here').count()).toBe(0)
  expect(await sees(gus, 'only for beta').count()).toBe(0)
  for (const desk of [ada, mia]) expect(await sees(desk, 'from a guest').count()).toBe(0)
  await Promise.all([ada, gus, mia].map((desk) => desk.context.close()))
})
