import type { Action, Delivered, Hub } from '@hubwire/client'

/** Direct messages with another user. */
export interface Conversation {
  readonly user: string
  /** Messages that this user neither read nor answered. */
  readonly unread: number
  /** The newest message, whoever sent it. */
  readonly last: Delivered<Action>
}

export interface Conversations {
  /** The one with the newest message first. */
  readonly conversations: readonly Conversation[]
  /** There are others. */
  readonly more: boolean
}

export interface ConversationsOptions {
  /** At most so many; default 15, at most 100. */
  limit?: number
}

/** What the user has read of a conversation: everything up to a position of its own stream. */
export interface ReadMark {
  readonly user: string
  readonly pos: string
}

/** The newest conversations, as far back as the user's stream goes. Rejects with `not_found` where the node keeps no people. */
export async function conversations(hub: Hub, options: ConversationsOptions = {}): Promise<Conversations> {
  const { payload } = await hub.request('@@hub/conversations', undefined, options)
  const { conversations: found, more = false } = payload as { conversations: Conversation[]; more?: boolean }
  return { conversations: found, more }
}

/** Everything from that user up to this position is read, on all devices. A mark never goes back. */
export async function markRead(hub: Hub, user: string, pos: string): Promise<void> {
  await hub.request('@@hub/read', undefined, { user, pos })
}

/** Hears what was read while connected, in any session of this user, this one included. */
export function onRead(hub: Hub, handler: (mark: ReadMark) => void): () => void {
  return hub.on('control', ({ type, payload }) => {
    if (type === '@@hub/read') handler(payload as ReadMark)
  })
}
