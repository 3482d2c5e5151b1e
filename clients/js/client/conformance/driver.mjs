// The driver of the conformance scenarios (clients/conformance/README.md) for @hubwire/client in Node:
//
//   clients/conformance/run --driver 'node clients/js/client/conformance/driver.mjs [--codec msgpack | --stream]'
//
// It drives the built package, so run `npm run build` first.
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { conversations, markRead, onRead } from '../dist/conversations.js'
import { createHub, Unauthorized } from '../dist/index.js'
import { msgpack } from '../dist/msgpack.js'
import { RpcError, rpc, serve } from '../dist/rpc.js'
import { webSocketOrStream } from '../dist/stream.js'
import { watchUsers } from '../dist/watch.js'
import { createDriver } from './commands.mjs'

const codec = process.argv.includes('msgpack') ? { codec: msgpack } : {}
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)
// --stream: does not try a WebSocket
const webSocket = process.argv.includes('--stream') ? webSocketOrStream({ after: 0 }) : WebSocket
const people = { conversations, markRead, onRead, watchUsers }
const driver = createDriver({ createHub, Unauthorized, webSocket, rpc, RpcError, serve, ...people, ...codec }, tell)

createInterface({ input: process.stdin })
  .on('line', (line) => tell(driver.run(JSON.parse(line))))
  .on('close', () => process.exit(0))

const abilities = [
  'tickets',
  'presence',
  'view',
  'clock',
  'hints',
  'golden',
  'suspend',
  'watch',
  'conversations',
  'rpc',
  'serve',
]
tell({ on: 'ready', name: '@hubwire/client', version: '0.1.0', codec: codec.codec ? 'msgpack' : 'json', abilities })
