import { createEmitter } from './emitter.js'

/** The name and appearance of a user, the same in all sessions and channels. */
export interface Profile {
  readonly name?: string
  readonly meta?: Readonly<Record<string, unknown>> | null
}

/** A user in a channel. `sessions: 0`: the last session ended a moment ago and may come back. */
export interface Member {
  readonly user: string
  readonly sessions: number
  /** Its state in the channel. */
  readonly state?: unknown
  /** Its profile, the same everywhere. */
  readonly profile?: Profile
}

export interface PresenceChange {
  joined: Member[]
  left: Member[]
  changed: Member[]
}

/** The members of a channel, including this user. */
export interface PresenceSet extends ReadonlyMap<string, Member> {
  /** Whether it may be outdated, because there is no connection. */
  readonly stale: boolean
  /** The members; the same array until something changes. */
  snapshot(): readonly Member[]
  onChange(handler: (change: PresenceChange) => void): () => void
}

export class Presence extends Map<string, Member> implements PresenceSet {
  stale = true
  private members: readonly Member[] | undefined
  private readonly emitter
  /** Pushes received while the list is on its way: newer than it. */
  private pushed: (() => void)[] | undefined

  constructor(thrown: (error: unknown) => void) {
    super()
    this.emitter = createEmitter(thrown)
  }

  snapshot(): readonly Member[] {
    return (this.members ??= [...this.values()])
  }

  onChange(handler: (change: PresenceChange) => void): () => void {
    return this.emitter.on('', handler)
  }

  /** A list was requested. */
  expect(): void {
    this.pushed = []
  }

  /** The list arrived: reports the differences as one change. */
  list(members: readonly Member[]): void {
    const fresh = new Map(members.map((member) => [member.user, member]))
    this.stale = false
    const pushed = this.pushed ?? []
    this.pushed = undefined
    const gone = [...this.keys()].filter((user) => !fresh.has(user))
    this.tell(this.apply(members, gone))
    for (const push of pushed) push()
  }

  push(members: readonly Member[], left: readonly string[]): void {
    const push = () => {
      const change = this.apply(members, left)
      if (change.joined.length || change.left.length || change.changed.length) this.tell(change)
    }
    if (this.pushed) this.pushed.push(push)
    else push()
  }

  lost(): void {
    this.pushed = undefined
    if (this.stale) return
    this.stale = true
    this.tell({ joined: [], left: [], changed: [] })
  }

  private apply(members: readonly Member[], gone: readonly string[]): PresenceChange {
    const change: PresenceChange = { joined: [], left: [], changed: [] }
    for (const user of gone) {
      const member = this.get(user)
      if (member && this.delete(user)) change.left.push(member)
    }
    for (const member of members) {
      const before = this.get(member.user)
      if (before && JSON.stringify(before) === JSON.stringify(member)) continue
      this.set(member.user, member)
      change[before ? 'changed' : 'joined'].push(member)
    }
    return change
  }

  private tell(change: PresenceChange): void {
    this.members = undefined
    this.emitter.emit('', change)
  }
}
