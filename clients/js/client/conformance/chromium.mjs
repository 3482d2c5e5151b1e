// The same driver with its clients in Chromium, each in a page of its own; clients of one group share a socket.
//
//   clients/conformance/run --driver 'node clients/js/client/conformance/chromium.mjs'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { launchBrowser } from '../../testing/chromium.mjs'

const PAGE = `
import { createHub, Unauthorized } from '../dist/index.js'
import { createSharedHub } from '../dist/shared.js'
import { createDriver } from './commands.mjs'
globalThis.driver = createDriver({ createHub, createSharedHub, Unauthorized }, (event) => globalThis.tell(event))
`

const resolveDir = fileURLToPath(new URL('.', import.meta.url))
const { outputFiles } = await build({
  stdin: { contents: PAGE, resolveDir },
  alias: { '@hubwire/client': `${resolveDir}../dist/index.js` },
  bundle: true,
  write: false,
  format: 'iife',
})
const server = createServer((request, response) => {
  const script = request.url === '/page.js'
  response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' })
  response.end(script ? outputFiles[0].text : '<!doctype html><script src="/page.js"></script>')
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const browser = await launchBrowser()
const context = await browser.newContext()
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)
await context.exposeFunction('tell', tell)

const pages = new Map()

async function open() {
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  return page
}

async function run(command) {
  const { do: what, n, client } = command
  if (what === 'open') pages.set(client, await open())
  if (what === 'die') {
    await pages.get(client).close()
    return tell({ on: 'done', n })
  }
  // commands that need no client run in any page
  if (!pages.has(client)) pages.set(client, await open())
  tell(await pages.get(client).evaluate((each) => globalThis.driver.run(each), command))
}

let last = Promise.resolve()
createInterface({ input: process.stdin })
  .on('line', (line) => {
    last = last.then(() => run(JSON.parse(line))).catch((error) => process.stderr.write(`${error}\n`))
  })
  .on('close', () => browser.close().finally(() => process.exit(0)))

const abilities = ['tickets', 'presence', 'view', 'clock', 'hints', 'golden', 'shared']
tell({ on: 'ready', name: '@hubwire/client in Chromium', version: '0.1.0', codec: 'json', abilities })
