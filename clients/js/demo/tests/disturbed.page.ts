import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { startNode, tokenFor } from '../../testing/node.js'
import { agree, type Demo, type Desk, startDemo } from './demo.js'

// The same people while the connection, the node or another client misbehaves.
let demo: Demo
beforeAll(async () => {
  demo = await startDemo()
})
afterAll(() => demo.stop())

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `number ${n}`)
const pill = ({ page }: Desk) => page.getByLabel('Connection', { exact: true })
const comments = ({ page }: Desk) => page.getByRole('region', { name: 'Comments' }).locator('li')

test('offline edits are stored in order once online, and the page states how much was missed', async () => {
  const ada = await demo.desk('ada', { order: '1842' })
  const zoe = await demo.desk('zoe', { order: '1842' })
  await ada.click('Go offline')
  await pill(ada).getByText('reconnecting').waitFor()
  for (const text of numbers(20)) await ada.say('Comment', text)
  await ada.edit('Line 1 quantity', '77')
  expect(await ada.page.locator('.cell.pending').count(), 'shown at once, as pending').toBe(1)
  for (const value of ['31', '32', '33']) await zoe.edit('Line 2 quantity', value)
  await ada.click('Go offline')
  await eventually('Zoe has all', async () => (await comments(zoe).count()) === 20)
  expect(await comments(zoe).allInnerTexts()).toEqual(numbers(20).map((text) => `Ada ${text}`))
  await ada.page.getByText('3 changes while you were away').waitFor()
  const table = await agree(ada, zoe)
  expect([table[1], table[4]]).toEqual(['77', '33'])
  await Promise.all([ada, zoe].map((desk) => desk.context.close()))
})

test('a page that was away for longer than the retention reloads the order and says so', async () => {
  const ada = await demo.desk('ada', { order: '1846' })
  await ada.edit('Line 1 quantity', '5')
  await agree(ada, ada)
  await ada.click('Go offline')
  await pill(ada).getByText('reconnecting').waitFor()
  const node = [...demo.nodes.values()][0]!
  const edit = (value: number) => ({
    to: 'ch:acme/order/1846',
    type: 'order/line',
    payload: { line: 0, field: 'quantity', value },
  })
  for (let n = 0; n < 1_300; n += 50) {
    const batch = Array.from({ length: 50 }, (_, k) => edit(n + k))
    expect((await node.api('/v1/publish', batch)).ok).toBe(true)
  }
  await ada.click('Go offline')
  await ada.page.getByText('Reloaded: too much was missed').waitFor()
  await eventually('the newest value', async () => (await ada.value('Line 1 quantity')) === '1299')
  await ada.context.close()
})

test('a refused edit is red, and undone by one click', async () => {
  const ada = await demo.desk('ada', { order: '1847' })
  const before = await ada.value('Line 1 product')
  await ada.edit('Line 1 product', 'x'.repeat(70_000))
  await ada.page.locator('.cell.refused').getByText('too_big').waitFor()
  await ada.click('Undo')
  expect(await ada.value('Line 1 product')).toBe(before)
  expect(await ada.page.locator('.cell.refused').count()).toBe(0)
  await ada.context.close()
})

test('foreign actions and markup change nothing', async () => {
  const ada = await demo.desk('ada', { order: '1848' })
  const table = await ada.table()
  const node = [...demo.nodes.values()][0]!
  const script = '<script>document.title = "owned"</script><img src=x onerror="document.title = 1">'
  const to = 'ch:acme/order/1848'
  const hostile = [
    { to, type: '@@redux/INIT', payload: { lines: [] } },
    { to, type: '__proto__', payload: { lines: [] } },
    { to, type: 'order/line', payload: null },
    { to, type: 'order/line', payload: { line: 'constructor', field: '__proto__', value: 1 } },
    { to, type: 'order/line', payload: { line: 0, field: 'quantity', value: { toString: 1 } } },
    { to, type: 'order/snapshot', payload: { at: '1-1', status: 'sent', lines: [null], comments: [] } },
    { to, type: 'order/focus', payload: [1] },
    { to: 'ch:acme/orders', type: 'order/summary', payload: { id: '1848', status: script, total: 'NaN', pos: '9-9' } },
    { to: 'user:ada', type: 'chat/message', payload: { text: { html: script } } },
    { to: 'org:acme', type: 'announcement', payload: { text: script } },
  ]
  for (const action of hostile) expect((await node.api('/v1/publish', action)).ok, action.type).toBe(true)
  await ada.say('Comment', script)
  await comments(ada).getByText(script).waitFor()
  await ada.page.getByLabel('Toasts').getByText(script).waitFor()
  expect(await ada.table()).toEqual(table)
  expect(await ada.page.title()).toBe('Ada – hubwire demo')
  await ada.context.close()
})

test('the codec is switched while the order is open, and the frames are shown without the ticket', async () => {
  const ada = await demo.desk('ada', { order: '1849' })
  await ada.click('Use MessagePack')
  await pill(ada).getByText('MessagePack').waitFor()
  await pill(ada).getByText('connected').waitFor()
  await ada.page.locator('.frame[aria-busy=false]').waitFor()
  await ada.edit('Line 1 quantity', '12')
  await agree(ada, ada)
  await ada.click('Frames')
  const frames = ada.page.getByLabel('Frame list').locator('li')
  await ada.page.getByLabel('Filter frames').fill('@@hub/auth')
  await eventually('the authentication is there', async () => (await frames.count()) === 1)
  await frames.locator('summary').click()
  expect(await frames.locator('pre').innerText()).toContain('"ticket": "…"')
  await ada.page.getByLabel('Filter frames').fill('order/line')
  await eventually('out and in', async () => (await frames.count()) === 2)
  await ada.context.close()
})

test('when a node drains, its page moves to another and no edit is lost', async () => {
  const ada = await demo.desk('ada', { order: '1850' })
  const zoe = await demo.desk('zoe', { order: '1850' })
  const nodeOf = (desk: Desk) => pill(desk).locator('b').first().innerText()
  const before = await nodeOf(ada)
  for (let n = 0; n < 60; n++) {
    await ada.say('Comment', `number ${n}`)
    if (n === 20) await ada.click('Drain this node')
  }
  await eventually('Ada is on another node', async () => {
    const now = await nodeOf(ada)
    return now !== before && now !== ''
  })
  await eventually('the last is there', async () => (await comments(zoe).last().innerText()).endsWith('number 59'))
  const texts = await comments(zoe).allInnerTexts()
  expect(texts).toEqual(
    numbers(60)
      .slice(-texts.length)
      .map((text) => `Ada ${text}`),
  )
  expect(texts.length).toBe(50)
  await agree(ada, zoe)
  await Promise.all([ada, zoe].map((desk) => desk.context.close()))
})

test('a node not in development mode serves the demo to users with a token, if configured', async () => {
  const node = await startNode({ settings: { NODE_DEMO: 'true', AUTH_ALLOWED_ORIGINS: '' } })
  const page = await demo.start()
  await page.goto(`http://127.0.0.1:${node.publicPort}/`)
  expect((await page.request.post(`http://127.0.0.1:${node.publicPort}/dev/ticket`)).status()).toBe(404)
  await page.getByLabel('A token of your application').fill(tokenFor('tess', { acme: { roles: ['clerk'] } }))
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.getByLabel('Connection', { exact: true }).getByText('connected').waitFor()
  await page.getByText('You are clerk').waitFor()
  expect(await page.getByRole('button', { name: 'Drain this node' }).count()).toBe(0)
  await page.context().close()
  await node.stop()
})

test('a slow tab misses nothing', async () => {
  const ada = await demo.desk('ada', { order: '1852' })
  const zoe = await demo.desk('zoe', { order: '1852' })
  await ada.click('Slow tab')
  for (const text of numbers(30)) await zoe.say('Comment', text)
  await ada.click('Slow tab')
  await eventually('Ada has all', async () => (await comments(ada).count()) === 30)
  expect(await comments(ada).allInnerTexts()).toEqual(numbers(30).map((text) => `Zoe ${text}`))
  await Promise.all([ada, zoe].map((desk) => desk.context.close()))
})
