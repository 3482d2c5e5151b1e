import { createServer } from 'node:http'
import { createHub, HubError } from '@hubwire/client'
import { RpcError, rpc, serve } from '@hubwire/client/rpc'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settle, virtualClock } from '../../testing/clock.js'
import { type HubwireNode, startNode } from '../../testing/node.js'
import { scriptedSockets } from '../../testing/script.js'
import { hubOf } from './hubs.js'

/** The application's server: adds, or answers with its own error. */
const application = createServer((request, response) => {
  let body = ''
  request.on('data', (piece) => (body += piece))
  request.on('end', () => {
    const { method, params } = JSON.parse(body)
    const answer = method === 'sum' ? params.reduce((a: number, b: number) => a + b, 0) : { no: params }
    response.writeHead(method === 'sum' ? 200 : 422, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
})
let node: HubwireNode
beforeAll(async () => {
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  const { port } = application.address() as { port: number }
  node = await startNode({
    settings: {
      APPLICATION_SECRETS: 'a secret of the application that is longer than thirty-two bytes',
      RPC_METHODS: `*=http://127.0.0.1:${port}/`,
    },
  })
})
afterAll(async () => {
  await node.stop()
  application.close()
})

test('the application answers with a result, or with its own error', async () => {
  const hub = hubOf(node.url, 'u1')
  expect(await rpc(hub, 'sum', [1, 2, 3])).toBe(6)
  const refused = (await rpc(hub, 'other', 'x').catch((error) => error)) as RpcError
  expect(refused).toBeInstanceOf(RpcError)
  expect(refused.error).toEqual({ no: 'x' })
})

test('the application calls a session, which answers, fails, or does not have the method', async () => {
  const hub = hubOf(node.url, 'u2')
  const { session } = await hub.connect()
  const off = serve(hub, {
    size: (params) => ({ width: (params as number) * 2 }),
    async broken() {
      throw new Error('no screen')
    },
  })
  const call = async (method: string, params?: unknown) =>
    (await node.api(`/v1/sessions/${session}/rpc`, { method, params, timeout_ms: 5_000 })).json()
  expect(await call('size', 21)).toMatchObject({ result: { width: 42 } })
  expect(await call('broken')).toMatchObject({ error: { message: 'no screen' } })
  expect(await call('toString')).toMatchObject({ error: { code: 'unknown_method' } })
  off()
})

test('a call is made at most once: if the connection is lost before the answer, it is not repeated', async () => {
  const clock = virtualClock()
  const wire = scriptedSockets()
  const hub = createHub({
    url: 'ws://node/ws',
    getToken: () => 't',
    device: false,
    environment: clock,
    webSocket: wire.webSocket,
  })
  const asked = rpc(hub, 'pay', { amount: 1 }).catch((error) => error)
  await settle()
  await wire.current().welcome()
  await settle()
  const questions = () => wire.sockets.flatMap(({ frames }) => frames.flat()).filter(({ type }) => type === '@@hub/rpc')
  expect(questions()).toHaveLength(1)
  await wire.current().close(1006)
  const error = (await asked) as HubError
  expect(error).toBeInstanceOf(HubError)
  expect(error.code).toBe('not_connected')
  await clock.advance(1_000)
  await wire.current().welcome()
  await clock.advance(60_000)
  expect(questions()).toHaveLength(1)
  await hub.close()
})
