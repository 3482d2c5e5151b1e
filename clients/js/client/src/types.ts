import type { Action, Delivered, Gap, Select, Start } from './action.js'
import type { Codec } from './codec.js'
import type { Environment } from './environment.js'
import type { HubError } from './errors.js'
import type { Member, PresenceSet } from './presence.js'
import type { Signal } from './signal.js'
import type { WebSocketConstructor } from './socket.js'

export interface AuthContext {
  /** `rejected`: the node did not take the last one. */
  reason: 'connect' | 'refresh' | 'rejected'
  /** Attempts to connect since the last that lasted. */
  attempt: number
  /** Aborted when the answer is no longer wanted. */
  signal: AbortSignal
}

export interface HubOptions {
  /** The node's socket: `wss://…/ws`. */
  url: string | (() => string | Promise<string>)
  /** A JWT. At most one of `getToken` and `getTicket`; neither: the URL says who this is (development). */
  getToken?(context: AuthContext): string | Promise<string>
  /** A one-time ticket. Throw `Unauthorized` when nobody is logged in: the hub goes to `failed`. */
  getTicket?(context: AuthContext): string | Promise<string>
  /** The installation: cursors belong to it. Default: random, kept in localStorage. `false`: none. */
  device?: string | false
  /** What kind of device this is, for direct messages that `select` by it. */
  deviceClass?: string
  /** Where streams begin on the first connection. Default: the user's at the device's cursor, others now. */
  start?: { user?: Start; org?: Start; team?: Start }
  /** Remember on the server how far the user's stream was processed: once in 5 s and on close. Default true. */
  autoCommit?: boolean
  reconnect?: Partial<Record<'baseMs' | 'capMs' | 'attempts' | 'hiddenMinMs', number>>
  /** Bounds of what waits for an acknowledgement. A send beyond is rejected with `queue_full`. */
  queue?: Partial<Record<'items' | 'bytes' | 'ttlMs', number>>
  /** An unanswered send goes out again, with its id. Default 15 s. */
  ackTimeoutMs?: number
  /** Not connected for this long: event `lost`. Default 5 s. */
  lostAfterMs?: number
  codec?: Codec
  /** Where there is no global WebSocket: `ws` or `undici`. */
  webSocket?: WebSocketConstructor
  /** Never told tokens or payloads. */
  logger?(event: LogEvent): void
  environment?: Environment
}

export interface LogEvent {
  event: 'state' | 'closed' | 'resumed' | 'retry'
  detail: Record<string, unknown>
}

export type State = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed' | 'closed'

/** Roles and teams in each organisation. */
export type Memberships = Record<string, { roles: string[]; teams: string[] }>

/** What the node says first. Fields may be added by newer nodes. */
export interface Welcome {
  session: string
  node: string
  user: string
  orgs: string[]
  memberships?: Memberships
  resume: Record<string, string>
  ping_ms: number
  max_frame_bytes: number
  features: string[]
  version: string
  now?: number
  expires_in_ms?: number
  limits?: Partial<
    Record<
      | 'frame_bytes_max'
      | 'actions_per_frame_max'
      | 'in_flight_max'
      | 'channels_max'
      | 'history_max'
      | 'actions_per_second'
      | 'actions_burst'
      | 'type_bytes_max'
      | 'id_bytes_max'
      | 'idempotency_window_ms',
      number
    >
  >
}

export interface HubEvents<A extends Action> {
  /** Every publication and ephemeral action. Untrusted: any member may send any `type`. */
  action: Delivered<A>
  state: { state: State; previous: State; error?: HubError; retryInMs?: number }
  /** All streams are where they were when the connection opened. */
  synced: void
  lost: void
  restored: { afterMs: number }
  /** Load anew what the stream feeds. */
  gap: Gap
  /** What nobody else was told of: a rejection nobody awaits, a handler that threw. */
  error: HubError
  /** The node drains; the hub moves to another one by itself. */
  bye: { reason: string; retryInMs: number }
  /** What the node says by itself, for what has no method here. */
  control: Action
  /** The organisations changed while connected. */
  orgs: { orgs: readonly string[]; memberships?: Memberships | undefined }
}

/** For whom of those at the address. */
export interface Narrowing {
  /** Users of a channel, team or organisation who do not get it, at most 100. */
  except?: readonly string[] | undefined
  /** Which sessions of a `user:` are told. */
  select?: Select | undefined
}

export interface SendOptions extends Narrowing {
  /** Idempotency key; default: made up. */
  id?: string
  /** Give up after this long. */
  deadlineMs?: number
  signal?: AbortSignal
  /** `false`: only when connected. */
  queue?: boolean
}

export interface Ack {
  pos?: string
  /** When it was stored, Unix ms. */
  ts?: number
  /** It was stored before, under the same id. */
  duplicate: boolean
  /** Direct message: to how many sessions it went; 0 = it waits for the user. */
  sessions?: number
  nodes?: number
  /** Direct message: where its copy stands in the own stream. */
  ownPos?: string
  attempts: number
}

/** Settles when the action is stored. A rejection nobody awaits is an `error` event. */
export interface Sent extends Promise<Ack> {
  readonly id: string
  /** `true`: it never left, and the promise rejects with `cancelled`. */
  cancel(): boolean
}

export interface Feed<B extends Action = Action> extends AsyncIterable<Delivered<B> | Gap> {
  on(handler: (action: Delivered<B>) => void): () => void
  send(action: B, options?: SendOptions): Sent
  /** Pages from the newest to the oldest, or with `after` from there to the newest; each is oldest first. */
  history(options?: { before?: string; after?: string; limit?: number }): AsyncIterable<Delivered<B>[]>
  /** Remembers on the server that this device processed everything up to `pos` (default: all delivered). */
  commit(pos?: string): void
}

export interface Direct<B extends Action = Action> extends Feed<B> {
  presence(): Promise<{ online: boolean; sessions: number }>
}

/** What a user shows in a channel: a cursor, what it edits. At most 1 KiB as JSON. */
export type MemberState = Readonly<Record<string, unknown>>

export interface ChannelOptions {
  /** Follow who is there. Default true. */
  presence?: boolean
  /** What this user shows there from the first join on; see `Channel.setState`. */
  state?: MemberState | null | undefined
  /** Where it begins when joined first. Default: now. */
  start?: Start | undefined
  /** Joined first without `start`: so many of its newest publications come before what is new. */
  recent?: number | undefined
  /** Joined first without `start`, and after a gap: with the snapshot the node keeps, see `Channel.snapshot`. */
  snapshot?: boolean | undefined
  /** For this channel alone, where the application signs such: asked on each connection, and when it ended. */
  token?: string | (() => string | Promise<string>) | undefined
}

/** The state of a channel as it was at a position. */
export interface Snapshot<S = unknown> {
  readonly pos: string
  /** When it was stored, Unix ms. */
  readonly ts: number
  readonly payload: S
}

export interface SyncOptions<S, B extends Action> {
  /** Default: the snapshot of a channel with the option `snapshot`; `undefined` where there is none. */
  load?(signal: AbortSignal): Promise<{ snapshot: S; pos?: string }>
  reset(snapshot: S): void
  apply(action: Delivered<B>): void
}

export interface Channel<B extends Action = Action> extends Feed<B>, AsyncDisposable {
  readonly address: string
  readonly joined: Promise<void>
  readonly presence: PresenceSet
  /** With the option `snapshot`, once joined: what the node kept; `null`: nothing. What came after it follows. */
  readonly snapshot?: Snapshot | null
  /** The channel is left when everybody who took it left. */
  leave(): void
  ephemeral(action: B, options?: Narrowing): boolean
  /**
   * Shows something to everybody in the channel, instead of what was shown before; `null`: nothing. Named again after a
   * reconnect. Others find it as `state` in `presence`. A refusal is an `error` event; a node without it shows nothing.
   */
  setState(state: MemberState | null): void
  /** A value per user that fades: typing, cursors. */
  signal<V>(type: string, options?: { everyMs?: number; ttlMs?: number }): Signal<V>
  /** A snapshot from elsewhere and what came after it, without a hole. */
  sync<S>(options: SyncOptions<S, B>): () => void
}

export interface RequestOptions {
  /** Default: any number. */
  attempts?: number
  /** What is stored by it is stored once, however often it is asked. */
  id?: string
}

export interface Hub<A extends Action = Action> extends AsyncDisposable {
  readonly state: State
  /** Connected, and everything missed was delivered. */
  readonly synced: boolean
  readonly user?: string
  readonly session?: string
  readonly orgs: readonly string[]
  /** Roles and teams, where the node tells them. */
  readonly memberships?: Memberships
  /** What the node said first on this connection: its limits, its features, the memberships. */
  readonly welcome?: Welcome
  /** Idempotent; settles when connected; rejects only when `failed` or `closed`. */
  connect(): Promise<Welcome>
  close(options?: { flushMs?: number }): Promise<void>
  /** Drops the socket and opens another at once. */
  reconnect(): void
  on<E extends keyof HubEvents<A>>(
    event: E,
    handler: (value: HubEvents<A>[E]) => void,
    options?: { signal?: AbortSignal },
  ): () => void
  onAction<T extends A['type']>(type: T, handler: (action: Delivered<Extract<A, { type: T }>>) => void): () => void
  send(to: string, action: A, options?: SendOptions): Sent
  /** In no log and not queued. `false`: not sent. */
  ephemeral(to: string, action: A, options?: Narrowing): boolean
  batch(items: readonly [to: string, action: A][]): Promise<PromiseSettledResult<Ack>[]>
  channel<B extends Action = A>(address: string, options?: ChannelOptions): Channel<B>
  /** The one channel whose view is open: leaves the one before in the same step. */
  view<B extends Action = A>(address: string, options?: ChannelOptions): Channel<B>
  view(address: null): null
  view<B extends Action = A>(address: string | null, options?: ChannelOptions): Channel<B> | null
  /** From and to that user. */
  direct<B extends Action = A>(user: string): Direct<B>
  org<B extends Action = A>(org: string): Feed<B>
  team<B extends Action = A>(team: string): Feed<B>
  /** All of the own user's stream. */
  readonly inbox: Feed<A>
  /** A question of the protocol that has no method here; asked again until there is an answer that stays, or so often. */
  request(type: `@@hub/${string}`, to?: string, payload?: unknown, options?: RequestOptions): Promise<Action>
  /** The last position delivered of a stream that is followed: an address, or `user:` and oneself. */
  position(stream: string): string | undefined
  /** Server time as far as it is known, Unix ms. */
  now(): number
}

export type { Member, PresenceSet, Signal }
