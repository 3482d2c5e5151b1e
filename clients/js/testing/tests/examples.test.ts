import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { examplesOf } from '../examples.js'
import { type HubwireNode, startNode, tokenFor } from '../node.js'

// Type-checks and runs every code block of the READMEs, against a real node.
const directory = fileURLToPath(new URL('../.examples/', import.meta.url))
const examples = ['client', 'redux', 'react'].flatMap(examplesOf)
const pathOf = ({ name, language }: (typeof examples)[number]) => `${directory}${name}.${language}`
let node: HubwireNode

beforeAll(async () => {
  node = await startNode()
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const example of examples) {
    writeFileSync(pathOf(example), `${example.code.replaceAll('wss://example.org/ws', node.url)}\nexport {}\n`)
  }
  vi.stubGlobal('WebSocket', WebSocket)
  vi.stubGlobal('fetch', async (path: string) => new Response(path === '/token' ? tokenFor('u1') : '{"lines":[]}'))
})
afterAll(async () => {
  vi.unstubAllGlobals()
  rmSync(directory, { recursive: true, force: true })
  await node.stop()
})

test('all examples are typed', () => {
  const path = fileURLToPath(new URL('../../tsconfig.tests.json', import.meta.url))
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, ts.sys.readFile).config,
    ts.sys,
    `${directory}../..`,
  )
  const program = ts.createProgram(examples.map(pathOf), { ...options, noUnusedLocals: false })
  const found = ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${JSON.stringify(messageText)}`)
  expect(found).toEqual([])
}, 120_000) // the compiler on a busy machine

test.each(examples.map((example) => [example.name, example] as const))('%s runs', async (_, example) => {
  const failures: unknown[] = []
  const failed = (reason: unknown) => failures.push(reason)
  process.on('unhandledRejection', failed)
  vi.spyOn(console, 'log').mockImplementation(() => {})
  await import(/* @vite-ignore */ pathOf(example))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', failed)
  expect(failures).toEqual([])
})
