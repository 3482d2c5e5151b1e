/**
 * Which sessions of a user receive it: all, the one that was active last, all but that one, or those on one kind of
 * device.
 */
export type Select = 'all' | 'one' | 'others' | { device_class: string }

/** hubwire's part of `meta`; everything else in `meta` belongs to the application and is passed on unchanged. */
export interface HubMeta {
  /** The address: `user:`, `org:`, `team:`, `ch:` or `session:`. */
  to?: string
  /** Idempotency key and correlation id. */
  id?: string
  /** Not stored in a log: delivered to the sessions that are connected now. */
  ephemeral?: boolean
  /** Users of a channel, team or organisation who do not receive it. */
  except?: readonly string[]
  /** Which sessions of a user receive it live; the log delivers it to all of them. */
  select?: Select
  /** The position in the stream; absent in ephemeral actions. */
  pos?: string
  /** The sender; absent when the server API published. */
  from?: string
  /** When the node accepted it, Unix milliseconds. */
  ts?: number
  /** Between tabs that share a socket: the position of a direct message's copy in the user's own stream. */
  own_pos?: string
  /** In answers: the `id` of the action answered. */
  re?: string
}

/** A Flux Standard Action. */
export interface Action<T extends string = string, P = unknown> {
  type: T
  payload?: P
  error?: boolean
  meta?: { hub?: HubMeta; [key: string]: unknown }
}

/** An action as received: with its address and the time it was accepted. */
export type Delivered<A extends Action> = A & { meta: { hub: HubMeta & { to: string; ts: number } } }

/** Publications of a stream are lost: what comes before `pos` and was not delivered has to be loaded from elsewhere. */
export interface Gap {
  readonly stream: string
  readonly pos: string
  readonly cause: 'lag' | 'not_recovered'
}

/**
 * Where a stream starts: with the next publication, at the device's cursor, at the oldest stored one, or after a
 * position.
 */
export type Start = 'now' | 'cursor' | 'beginning' | (string & {})
