/** Questions to the application's servers through the node, and the application's questions to this client. */
import { type Hub, HubError } from '@hubwire/client'

/** The application answered with an error of its own. */
export class RpcError extends Error {
  constructor(
    method: string,
    /** What it said, in its own words. */
    readonly error: unknown,
  ) {
    super(`${method} was answered with an error: ${JSON.stringify(error)}`)
    this.name = 'RpcError'
  }
}

/**
 * Asks the application, at most once: where the `outcome` of a `HubError` is `unknown`, it may have done what was asked.
 * Waits for the connection first. Rejects with `RpcError`, or with `HubError` where there was no answer.
 */
export async function rpc<R = unknown>(hub: Hub, method: string, params?: unknown): Promise<R> {
  const { type, payload } = await hub.request('@@hub/rpc', undefined, { method, params }, { attempts: 1 })
  const { result, error } = payload as { result?: R; error?: unknown }
  if (type !== '@@hub/reply') throw new HubError('failed', `${method} was answered with ${type}`)
  if (error !== undefined) throw new RpcError(method, error)
  return result as R
}

export type Methods = Record<string, (params: unknown) => unknown>

/**
 * Answers the application's questions to this session with what the methods return or throw, until the function returned
 * is called. A method that is not there is answered with an error.
 */
export function serve(hub: Hub, methods: Methods): () => void {
  return hub.on('control', async ({ type, payload }) => {
    if (type !== '@@hub/rpc') return
    const { call, method, params } = payload as { call: string; method: string; params?: unknown }
    // a call ends with its session, and one whose time is over is refused: nobody waits for what becomes of the reply
    const reply = (answer: object) =>
      hub.request('@@hub/reply', undefined, { call, ...answer }, { attempts: 1 }).catch(() => {})
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (!run) return reply({ error: { code: 'unknown_method', message: `this client knows no ${method}` } })
    try {
      await reply({ result: (await run(params)) ?? null })
    } catch (error) {
      await reply({ error: { code: 'failed', message: error instanceof Error ? error.message : String(error) } })
    }
  })
}
