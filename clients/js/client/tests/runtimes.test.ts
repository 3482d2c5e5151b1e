import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../testing/eventually.js'
import { type HubwireNode, startNode, tokenFor } from '../../testing/node.js'
import { type Running, run } from '../../testing/process.js'
import { collect, hubOf } from './hubs.js'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// The client in Bun and Deno: with their own WebSocket, and nothing of Node.
const RUNTIMES = [
  { name: 'Bun', binary: program('@oven', 'bin/bun'), arguments: ['run'] },
  { name: 'Deno', binary: program('@deno', 'deno'), arguments: ['run', '--allow-all', '--quiet'] },
]

/** Answers requests in a channel. */
const SCRIPT = `
import { createHub } from '@hubwire/client'
import { msgpack } from '@hubwire/client/msgpack'
const [url, token, form] = process.argv.slice(-3)
const codec = form === 'msgpack' ? { codec: msgpack } : {}
const hub = createHub({ url, getToken: () => token, device: false, reconnect: { baseMs: 20, capMs: 200 }, ...codec })
const room = hub.channel('ch:acme/' + form)
room.on(({ payload }) => hub.send('user:asker', { type: 'answer', payload }))
await hub.connect()
await room.joined
await hub.send('user:asker', { type: 'answer', payload: 'ready' })
`

const directory = mkdtempSync(join(tmpdir(), 'hubwire-runtimes-'))
const script = join(directory, 'script.mjs')
let node: HubwireNode
let running: Running | undefined

beforeAll(async () => {
  node = await startNode()
  await build({
    stdin: { contents: SCRIPT, resolveDir: directory },
    outfile: script,
    bundle: true,
    format: 'esm',
    alias: {
      '@hubwire/client': source('../src/index.ts'),
      '@hubwire/client/msgpack': source('../src/msgpack/index.ts'),
    },
  })
})
afterAll(async () => {
  await running?.stop()
  await node.stop()
  rmSync(directory, { recursive: true })
})

for (const { name, binary, arguments: given } of RUNTIMES) {
  for (const form of ['json', 'msgpack']) {
    test(`${name} connects, joins, sends, and resumes (${form})`, async () => {
      const asker = hubOf(node.url, 'asker', { device: false })
      const answers = collect<unknown>(asker.inbox.on)
      await asker.connect()
      const user = `${name}-${form}`
      const environment = { DENO_DIR: directory, DENO_NO_UPDATE_CHECK: '1' }
      running = run(binary, [...given, script, node.url, tokenFor(user), form], environment)
      await eventually(`${name} is there: ${running.output()}`, () => answers.length === 1, 20_000)
      await asker.send(`ch:acme/${form}`, { type: 'ask', payload: { n: 1.5, text: 'é' } })
      await eventually('it answers', () => answers.length === 2)
      await node.api(`/v1/users/${user}/disconnect`, { code: 4000 })
      for (let n = 2; n < 5; n++) await asker.send(`ch:acme/${form}`, { type: 'ask', payload: n })
      await eventually('it answers what came meanwhile', () => answers.length === 5)
      expect(answers).toEqual(['ready', { n: 1.5, text: 'é' }, 2, 3, 4])
      await running.stop()
    })
  }
}

/** The program in the npm package for this platform: no script of the package has to run. */
function program(scope: string, path: string): string {
  const platform = `${process.platform}-${process.arch === 'arm64' && scope === '@oven' ? 'aarch64' : process.arch}`
  const packages = scope === '@oven' ? [`bun-${platform}`] : [`${platform}-glibc`, platform]
  const candidates = packages.map((name) => source(`../../node_modules/${scope}/${name}/${path}`))
  return candidates.find(existsSync) ?? candidates.join(' or ')
}
