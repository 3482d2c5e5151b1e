import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.js'
import type { HubwireNode } from './node.js'
import { freePort } from './ports.js'
import { type Running, run } from './process.js'

const CONFIGURATION = fileURLToPath(new URL('../../../deploy/haproxy/haproxy.cfg', import.meta.url))

/** The shipped configuration in front of three nodes. */
export interface Balancer extends Running {
  /** Of its public port: `http://…`. */
  readonly url: string
}

export async function startBalancer(nodes: [HubwireNode, HubwireNode, HubwireNode]): Promise<Balancer> {
  const port = await freePort()
  const env: Record<string, string> = { LB_BIND: `127.0.0.1:${port}` }
  nodes.forEach((node, n) => {
    env[`N${n + 1}_HOST`] = '127.0.0.1'
    env[`N${n + 1}_PORT`] = String(node.publicPort)
    env[`N${n + 1}_AGENT_PORT`] = '1' // nobody answers there: the check alone decides
  })
  const process = run('haproxy', ['-db', '-f', CONFIGURATION], env)
  const url = `http://127.0.0.1:${port}`
  await eventually('the balancer serves', async () => {
    if (process.child.exitCode !== null) throw new Error(process.output())
    return (await fetch(`${url}/readyz`)).ok
  })
  return { ...process, url }
}
