import type { ErrorCode } from './codes.js'

/** Codes of errors that arise in the client itself. */
export type LocalCode =
  | 'queue_full'
  | 'expired'
  | 'timeout'
  | 'closed'
  | 'cancelled'
  | 'too_big'
  | 'not_connected'
  | 'failed'

export interface HubErrorDetails {
  retry?: boolean
  retryAfterMs?: number | undefined
  id?: string | undefined
  path?: string | undefined
  outcome?: 'not_done' | 'unknown' | undefined
  cause?: unknown
}

/** Every error of this library. */
export class HubError extends Error {
  override readonly name = 'HubError'
  /** Whether the same action, unchanged, may succeed later. */
  readonly retry: boolean
  declare readonly retryAfterMs?: number
  /** The id of the action at fault. */
  declare readonly id?: string
  /** Location of the fault in the payload as a JSON Pointer; with the code `schema_mismatch`. */
  declare readonly path?: string
  /** `unknown`: it may have been stored; send it again with the same id, or look it up. */
  readonly outcome: 'not_done' | 'unknown'

  constructor(
    readonly code: ErrorCode | LocalCode,
    message: string,
    details: HubErrorDetails = {},
  ) {
    const { retry = false, retryAfterMs, id, path, outcome = 'not_done', cause } = details
    super(message, { cause })
    this.retry = retry
    this.outcome = outcome
    Object.assign(this, { retryAfterMs, id, path })
  }
}

/**
 * To be thrown by `getToken` or `getTicket` if nobody is logged in. The hub changes to `failed` and does not try
 * again.
 */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized'
}

/** Converts the payload of `@@hub/error` to an error. */
export function errorOf(payload: unknown, id?: string): HubError {
  const {
    code,
    message,
    retry,
    retry_after_ms: retryAfterMs,
    path,
  } = payload as {
    code: ErrorCode
    message: string
    retry: boolean
    retry_after_ms?: number
    path?: string
  }
  return new HubError(code, message, { retry, retryAfterMs, id, path })
}
