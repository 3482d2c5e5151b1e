import type { Action, Delivered, Hub, HubError, SendOptions, Sent } from '@hubwire/client'
import { type Change, follow, type Live } from '../live.js'
import {
  type Conversation,
  type Conversations,
  type ConversationsOptions,
  conversations,
  markRead,
  onRead,
  type ReadMark,
} from './list.js'

export interface ConversationList extends Live<Conversations> {
  /** Number of unread messages in all conversations of the list. */
  readonly unread: number
  /** Marks a whole conversation as read. */
  read(user: string): Promise<void>
  /**
   * Sends a direct message, which appears in the list once it is stored. (The node sends it to the user's other
   * sessions only.)
   */
  send(user: string, action: Action, options?: SendOptions): Sent
}

const sequenceOf = (pos = '0') => Number.parseInt(pos, 10)
const isUnread = ({ unread }: Conversation) => unread > 0

/**
 * Follows the newest conversations until it is closed; messages and read marks of all sessions of this user keep the
 * list current. `refused` is called with a refusal: `not_found` if the node stores no people.
 */
export function followConversations(
  hub: Hub,
  options: ConversationsOptions = {},
  refused?: (error: HubError) => void,
): ConversationList {
  const { limit = 15 } = options
  let tell: (change: Change<Conversations>) => void = () => {}
  const live = follow<Conversations>(
    hub,
    {
      first: { conversations: [], more: false },
      ask: () => conversations(hub, options),
      listen(push) {
        tell = push
        const undo = [
          hub.inbox.on((message) => push(written(hub.user, message, limit))),
          onRead(hub, (mark) => push(read(mark, live.refresh))),
        ]
        return () => undo.forEach((run) => run())
      },
    },
    refused,
  )
  return {
    get value() {
      return live.value
    },
    get unread() {
      return live.value.conversations.reduce((sum, { unread }) => sum + unread, 0)
    },
    get stale() {
      return live.stale
    },
    get refused() {
      return live.refused
    },
    onChange: live.onChange,
    refresh: live.refresh,
    close: live.close,
    async read(user) {
      const found = live.value.conversations.find((it) => it.user === user)
      const pos = found && isUnread(found) && found.last.meta.hub.pos
      if (pos) await markRead(hub, user, pos)
    },
    send(user, action, sendOptions) {
      const sent = hub.send(`user:${user}`, action, sendOptions)
      const stored = ({ ownPos: pos, ts }: Awaited<Sent>) => {
        const meta = { ...action.meta, hub: { to: `user:${user}`, id: sent.id, from: hub.user, pos, ts } }
        tell(written(hub.user, { ...action, meta } as Delivered<Action>, limit))
      }
      // the native `then`, because the caller decides whether the send counts as awaited
      Promise.prototype.then.call(sent, stored as (value: unknown) => void, () => {})
      return sent
    },
  }
}

/** The list after a message. A message that it contains already, as after a reconnect, changes nothing. */
function written(self: string | undefined, message: Delivered<Action>, limit: number): Change<Conversations> {
  const { from, to, own_pos, pos = own_pos } = message.meta.hub // `own_pos`: from another tab on this socket
  const own = from === self
  const user = own ? to.slice('user:'.length) : from
  return (list) => {
    // ephemeral messages and those of the server are not part of a conversation
    if (pos === undefined || user === undefined || message.type.startsWith('@@hub/')) return list
    const before = list.conversations.find((it) => it.user === user)
    if (before && sequenceOf(pos) <= sequenceOf(before.last.meta.hub.pos)) return list
    const unread = own ? 0 : (before?.unread ?? 0) + 1
    const last = { ...message, meta: { ...message.meta, hub: { ...message.meta.hub, pos } } }
    const all = [{ user, unread, last }, ...list.conversations.filter((it) => it !== before)]
    return { conversations: all.slice(0, limit), more: list.more || all.length > limit }
  }
}

/** The list after a read mark. Only the node knows how many messages remain unread before the last one. */
function read({ user, pos }: ReadMark, askAgain: () => void): Change<Conversations> {
  return (list) => {
    const at = list.conversations.findIndex((it) => it.user === user && isUnread(it))
    const found = list.conversations[at]
    if (!found) return list
    if (sequenceOf(pos) < sequenceOf(found.last.meta.hub.pos)) {
      askAgain()
      return list
    }
    const all = [...list.conversations]
    all[at] = { ...found, unread: 0 }
    return { ...list, conversations: all }
  }
}
