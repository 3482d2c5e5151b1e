import type { Action, Delivered, Hub } from '@hubwire/client'

/** Direct messages with another user. */
export interface Conversation {
  readonly user: string
  /** Number of messages that this user neither read nor answered. */
  readonly unread: number
  /** The newest message, whoever sent it. */
  readonly last: Delivered<Action>
}

export interface Conversations {
  /** In the order of their newest messages, newest first. */
  readonly conversations: readonly Conversation[]
  /** Whether there are more. */
  readonly more: boolean
}

export interface ConversationsOptions {
  /** Most conversations in the list; default 15, at most 100. */
  limit?: number
}

/** A conversation was read up to a position of the user's own stream. */
export interface ReadMark {
  readonly user: string
  readonly pos: string
}

/**
 * The newest conversations, as far back as the user's stream goes. Rejects with `not_found` if the node stores no
 * people.
 */
export async function conversations(hub: Hub, options: ConversationsOptions = {}): Promise<Conversations> {
  const { payload } = await hub.request('@@hub/conversations', undefined, options)
  const { conversations: found, more = false } = payload as { conversations: Conversation[]; more?: boolean }
  return { conversations: found, more }
}

/** Marks the messages of that user up to this position as read, on all devices. A mark never moves back. */
export async function markRead(hub: Hub, user: string, pos: string): Promise<void> {
  await hub.request('@@hub/read', undefined, { user, pos })
}

/** Calls the handler with read marks made while connected, by any session of this user including this one. */
export function onRead(hub: Hub, handler: (mark: ReadMark) => void): () => void {
  return hub.on('control', ({ type, payload }) => {
    if (type === '@@hub/read') handler(payload as ReadMark)
  })
}
