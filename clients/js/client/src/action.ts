/** Which sessions of a user are told: all, the one that connected last, all but that one, or those of one kind of device. */
export type Select = 'all' | 'one' | 'others' | { device_class: string }

/** What hubwire adds to an action; everything else in `meta` is the application's and passes verbatim. */
export interface HubMeta {
  /** The address: `user:`, `org:`, `team:`, `ch:` or `session:`. */
  to?: string
  /** Idempotency key and correlation id. */
  id?: string
  /** In no log: whoever is there now gets it. */
  ephemeral?: boolean
  /** Users who do not get it, in channels, teams and organisations. */
  except?: readonly string[]
  /** Which sessions of a user get it live; all of them read it in the log. */
  select?: Select
  /** Position in the stream; absent in ephemeral actions. */
  pos?: string
  /** The sender; absent when the server API published. */
  from?: string
  /** When the node accepted it, Unix milliseconds. */
  ts?: number
  /** Between tabs that share a socket: where the copy of a direct message stands in the own stream. */
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

/** An action as it arrives: it says where it was sent and when. */
export type Delivered<A extends Action> = A & { meta: { hub: HubMeta & { to: string; ts: number } } }

/** A hole in a stream: what lay before `pos` and was not delivered must be loaded from elsewhere. */
export interface Gap {
  readonly stream: string
  readonly pos: string
  readonly cause: 'lag' | 'not_recovered'
}

/** Where a stream begins: at its top, at the device's cursor, at the oldest retained publication, or after a position. */
export type Start = 'now' | 'cursor' | 'beginning' | (string & {})
