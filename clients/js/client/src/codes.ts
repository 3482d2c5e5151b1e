/** Codes of `@@hub/error`. A test compares them with the node's own list. */
export type ErrorCode =
  | 'bad_syntax'
  | 'bad_action'
  | 'wrong_frame_kind'
  | 'too_deep'
  | 'too_many'
  | 'too_big'
  | 'unknown_type'
  | 'forbidden_type'
  | 'bad_payload'
  | 'schema_mismatch'
  | 'missing_address'
  | 'bad_address'
  | 'unauthenticated'
  | 'bad_credentials'
  | 'token_expired'
  | 'token_revoked'
  | 'disconnected'
  | 'forbidden'
  | 'not_joined'
  | 'stream_full'
  | 'not_found'
  | 'timeout'
  | 'id_conflict'
  | 'too_many_channels'
  | 'rate_limited'
  | 'overloaded'
  | 'broker_unavailable'
  | 'draining'
  | 'internal'

/** What a client does when its socket is closed. */
export type Verdict = 'hand_over' | 'soon' | 'back_off' | 'credentials' | 'stop'

/** The code's range determines the verdict, so that codes of newer nodes are understood. */
export function verdictOf(code: number): Verdict {
  if (code === 4401) return 'credentials'
  if (code >= 4400 && code < 4500) return 'stop'
  if (code >= 4000 && code < 4100) return 'hand_over'
  if (code >= 4100 || (code >= 1011 && code <= 1013)) return 'back_off'
  return 'soon'
}
