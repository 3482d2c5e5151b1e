import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.js'
import { freePort } from './ports.js'
import { type Running, run } from './process.js'

const SECRET = 'a secret of tests that is longer than thirty-two bytes'
export const API_KEY = 'an api key of tests that is longer than thirty-two bytes'

/** A real node of hubwire on loopback. */
export interface HubwireNode extends Running {
  /** Of its sockets. */
  readonly url: string
  readonly publicPort: number
  readonly api: (path: string, body?: unknown) => Promise<Response>
  /** The same node again, on its ports. */
  restart(signal?: NodeJS.Signals): Promise<HubwireNode>
}

export interface NodeOptions {
  /** Believe `?user=`. */
  dev?: boolean
  redisUrl?: string
  /** Options by the name of their environment variable, without `HUBWIRE_`. */
  settings?: Record<string, string | number>
  ports?: { public: number; internal: number }
}

export async function startNode(options: NodeOptions = {}): Promise<HubwireNode> {
  const ports = options.ports ?? { public: await freePort(), internal: await freePort() }
  const env: Record<string, string> = {
    HUBWIRE_LISTEN_PUBLIC: `127.0.0.1:${ports.public}`,
    HUBWIRE_LISTEN_INTERNAL: `127.0.0.1:${ports.internal}`,
    HUBWIRE_AUTH_JWT_SECRETS: SECRET,
    HUBWIRE_AUTH_API_KEYS: API_KEY,
    HUBWIRE_AUTH_ALLOWED_ORIGINS: '*',
    HUBWIRE_LOG_LEVEL: 'warn',
  }
  if (options.redisUrl) env.HUBWIRE_BROKER_URL = options.redisUrl
  for (const [name, value] of Object.entries(options.settings ?? {})) env[`HUBWIRE_${name}`] = String(value)
  const process = run(binary(), ['serve', ...(options.dev ? ['--dev'] : [])], env)
  const internal = `http://127.0.0.1:${ports.internal}`
  await eventually('the node is ready', async () => {
    if (process.child.exitCode !== null) throw new Error(process.output())
    return (await fetch(`${internal}/readyz`)).ok
  })
  return {
    ...process,
    url: `ws://127.0.0.1:${ports.public}/ws`,
    publicPort: ports.public,
    api: (path, body) =>
      fetch(internal + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async restart(signal) {
      await process.stop(signal)
      return startNode({ ...options, ports })
    },
  }
}

/** A token as an application's backend would make it. */
export function tokenFor(user: string, orgs: Record<string, unknown> = { acme: {} }, lifetimeS = 3_600): string {
  return sign({ sub: user, orgs }, lifetimeS)
}

/** One that lets a user into a channel. */
export function addressToken(user: string, address: string, lifetimeS = 3_600): string {
  return sign({ sub: user, address, can: ['join', 'read', 'presence'] }, lifetimeS)
}

function sign(claims: Record<string, unknown>, lifetimeS: number): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1_000)
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, iat: now, exp: now + lifetimeS })}`
  return `${head}.${createHmac('sha256', SECRET).update(head).digest('base64url')}`
}

function binary(): string {
  const repository = fileURLToPath(new URL('../../../', import.meta.url))
  const candidates = [
    process.env.HUBWIRE,
    ...['debug', 'release'].map(
      (profile) => `${process.env.CARGO_TARGET_DIR ?? `${repository}target`}/${profile}/hubwire`,
    ),
  ]
  const found = candidates.find((path) => path && existsSync(path))
  if (!found) throw new Error('no node: run `cargo build`, or set HUBWIRE to its path')
  return found
}
