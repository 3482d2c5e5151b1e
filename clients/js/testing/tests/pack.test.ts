import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HubwireNode, startNode, tokenFor } from '../node.js'

// Installs the packages to be published from archives in an empty folder. Needs `npm run build`.
const root = fileURLToPath(new URL('../../', import.meta.url))
let folder: string
let node: HubwireNode

beforeAll(async () => {
  node = await startNode()
  folder = mkdtempSync(join(tmpdir(), 'hubwire-js-pack-'))
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  for (const name of ['client', 'redux', 'react']) npm('pack', '--silent', '--ignore-scripts', join(root, name))
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const archives = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  expect(archives).toHaveLength(3)
  // peer dependencies (react) are up to the application
  npm(
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--offline',
    '--legacy-peer-deps',
    ...archives.map((name) => `./${name}`),
  )
  for (const name of ['react', 'ws']) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await node.stop()
})

const script = `
const hub = createHub({ url: process.env.URL_OF_NODE, getToken: () => process.env.TOKEN, webSocket: WebSocket, codec: msgpack })
hub.connect()
  .then(() => hub.send('user:u2', { type: 'chat/whisper', payload: { text: 'hi' } }))
  .then(({ duplicate, sessions }) => console.log(JSON.stringify({ duplicate, sessions, user: hub.user, more })))
  .finally(() => hub.close())
`

const imports = {
  mjs: `
import { createHub } from '@hubwire/client'
import { followConversations } from '@hubwire/client/conversations'
import { findPublication } from '@hubwire/client/history'
import { kick } from '@hubwire/client/hosting'
import { msgpack } from '@hubwire/client/msgpack'
import { setProfile } from '@hubwire/client/people'
import { rpc } from '@hubwire/client/rpc'
import { createSharedHub } from '@hubwire/client/shared'
import { webSocketOrStream } from '@hubwire/client/stream'
import { watchUsers } from '@hubwire/client/watch'
import { createHubMiddleware } from '@hubwire/redux'
import { useChannel } from '@hubwire/react'
import WebSocket from 'ws'
const more = [createSharedHub, followConversations, findPublication, kick, setProfile, rpc, webSocketOrStream, watchUsers, createHubMiddleware, useChannel].map((each) => typeof each)
`,
  cjs: `
const { createHub } = require('@hubwire/client')
const { followConversations } = require('@hubwire/client/conversations')
const { findPublication } = require('@hubwire/client/history')
const { kick } = require('@hubwire/client/hosting')
const { msgpack } = require('@hubwire/client/msgpack')
const { setProfile } = require('@hubwire/client/people')
const { rpc } = require('@hubwire/client/rpc')
const { createSharedHub } = require('@hubwire/client/shared')
const { webSocketOrStream } = require('@hubwire/client/stream')
const { watchUsers } = require('@hubwire/client/watch')
const { createHubMiddleware } = require('@hubwire/redux')
const { useChannel } = require('@hubwire/react')
const WebSocket = require('ws')
const more = [createSharedHub, followConversations, findPublication, kick, setProfile, rpc, webSocketOrStream, watchUsers, createHubMiddleware, useChannel].map((each) => typeof each)
`,
}

test.each(['mjs', 'cjs'] as const)('an installed archive sends a message (%s)', (form) => {
  writeFileSync(join(folder, `main.${form}`), imports[form] + script)
  const env = { ...process.env, URL_OF_NODE: node.url, TOKEN: tokenFor('u1') }
  const said = execFileSync(process.execPath, [`main.${form}`], { cwd: folder, encoding: 'utf8', env })
  expect(JSON.parse(said)).toEqual({
    duplicate: false,
    sessions: 0,
    user: 'u1',
    more: Array(10).fill('function'),
  })
})

test('an archive contains the code that is used, its documents and nothing else', () => {
  const list = execFileSync('tar', ['-tzf', 'hubwire-client-0.1.0.tgz'], { cwd: folder, encoding: 'utf8' })
  const files = list
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''))
  expect(files).toEqual(
    expect.arrayContaining(['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']),
  )
  const others = files.filter(
    (path) => !/^(dist\/.*\.(c?js|d\.c?ts)|package\.json|[A-Z]+\.md|LICENSE-[A-Z]+)$/.test(path),
  )
  expect(others).toEqual([])
})
