import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.js'
import { freePort } from './ports.js'
import { type Running, run } from './process.js'

export interface Redis extends Running {
  readonly url: string
}

export async function startRedis(): Promise<Redis> {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'hubwire-js-redis-'))
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
  const process = run('redis-server', args)
  await eventually('redis listens', () => listens(port))
  return {
    ...process,
    url: `redis://127.0.0.1:${port}`,
    async stop(signal) {
      await process.stop(signal)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
