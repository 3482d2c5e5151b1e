/** Remote procedure calls to the application's servers through the node, and from them to this client. */
import { type Hub, HubError } from '@hubwire/client'

/** The application returned an error of its own. */
export class RpcError extends Error {
  constructor(
    method: string,
    /** The error, in the application's format. */
    readonly error: unknown,
  ) {
    super(`${method} was answered with an error: ${JSON.stringify(error)}`)
    this.name = 'RpcError'
  }
}

/**
 * Calls a method of the application at most once: if the `outcome` of a `HubError` is `unknown`, the method may have
 * been executed. Waits for a connection first. Rejects with `RpcError`, or with `HubError` if there was no reply.
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
 * Serves methods that the application can call on this session: replies with what they return or throw, until the
 * returned function is called. A call of a missing method is answered with an error.
 */
export function serve(hub: Hub, methods: Methods): () => void {
  return hub.on('control', async ({ type, payload }) => {
    if (type !== '@@hub/rpc') return
    const { call, method, params } = payload as { call: string; method: string; params?: unknown }
    // the node refuses the reply if the session ended or the call timed out; nobody waits for it then
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
