import type { Action } from './action.js'
import { jitter } from './backoff.js'
import { credentialOf } from './credentials.js'
import type { Environment } from './environment.js'
import { HubError, Unauthorized } from './errors.js'
import type { HubOptions } from './types.js'

/** Sends the node a new credential before the current one expires. */
export interface Refresh {
  /** Sets the milliseconds until this session's credential expires. */
  arm(expiresInMs: number | undefined): void
  stop(): void
}

export function createRefresh(
  options: HubOptions,
  environment: Environment,
  ask: (payload: unknown) => Promise<Action>,
  fail: (error: HubError) => void,
): Refresh {
  let timer: unknown
  let controller: AbortController | undefined
  let tries = 0

  async function refresh() {
    const { signal } = (controller = new AbortController())
    try {
      const credential = await credentialOf(options, { reason: 'refresh', attempt: tries, signal })
      if (signal.aborted || !credential) return
      const { payload } = await ask(credential)
      tries = 0
      arm((payload as { expires_in_ms?: number } | undefined)?.expires_in_ms)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Unauthorized) return fail(new HubError('failed', error.message, { cause: error }))
      // if it fails until then, the node closes with 4401 at expiry, and the provider is asked again
      timer = environment.setTimeout(refresh, jitter(environment.random, 1_000, 30_000, tries++))
    }
  }
  function arm(expiresInMs: number | undefined) {
    stop()
    if (expiresInMs === undefined || !(options.getToken || options.getTicket)) return
    const share = 0.75 + environment.random() * 0.1
    timer = environment.setTimeout(refresh, Math.min(expiresInMs * share, 2 ** 31 - 1))
  }
  function stop() {
    environment.clearTimeout(timer)
    controller?.abort()
  }
  return { arm, stop }
}
