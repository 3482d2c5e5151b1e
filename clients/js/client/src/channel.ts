import type { Action, Gap } from './action.js'
import type { Room } from './channels.js'
import type { Environment } from './environment.js'
import { createFeed, type FeedPorts, gapKey } from './feed.js'
import { createSignal } from './signal.js'
import { startSync } from './sync.js'
import type { Channel, MemberState, Narrowing } from './types.js'

export interface ChannelPorts extends FeedPorts {
  environment: Environment
  ephemeral(to: string, action: Action, options?: Narrowing): boolean
  show(room: Room, state: MemberState | null): void
  thrown(error: unknown): void
}

/** A handle of a channel. The first `leave()` ends it; further calls do nothing. */
export function createChannel<B extends Action>(ports: ChannelPorts, room: Room, release: () => void): Channel<B> {
  const { address, presence } = room
  const { emitter, environment, thrown } = ports
  const feed = createFeed<B>(ports, { key: address, to: () => address, stream: () => address })
  const undo: (() => void)[] = []
  let left = false
  const leave = () => {
    if (left) return
    left = true
    undo.forEach((run) => run())
    release()
  }
  const ephemeral = (action: Action, options?: Narrowing) => ports.ephemeral(address, action, options)
  return {
    ...feed,
    address,
    presence,
    leave,
    ephemeral,
    setState: (state) => ports.show(room, state),
    get joined() {
      return room.joined
    },
    get snapshot() {
      return room.snapshot
    },
    signal(type, { everyMs, ttlMs } = {}) {
      const signal = createSignal<never>(
        {
          environment,
          send: (payload) => ephemeral({ type, payload }),
          listen: (handler) => feed.on((action) => action.type === type && handler(action)),
          left: (handler) => presence.onChange((change) => handler(change.left.map(({ user }) => user))),
          thrown,
        },
        everyMs,
        ttlMs,
      )
      undo.push(signal.close)
      return signal
    },
    sync(options) {
      const stop = startSync(
        {
          joined: () => room.joined,
          snapshot: () => room.snapshot,
          on: feed.on,
          onGap: (handler: (gap: Gap) => void) => emitter.on(gapKey(address), handler),
          again: (run) => environment.setTimeout(run, 1_000 + environment.random() * 2_000),
          thrown,
        },
        options,
      )
      undo.push(stop)
      return stop
    },
    async [Symbol.asyncDispose]() {
      leave()
    },
  }
}
