import type { Action, HubError, SendOptions, Sent } from '@hubwire/client'
import { type Conversation, type Conversations, followConversations } from '@hubwire/client/conversations'
import { type ContactState, followPeople, type Person } from '@hubwire/client/people'
import { type ChannelList, type ChannelsOptions, followChannels, type LiveChannel } from '@hubwire/client/watch'
import { useMemo } from 'react'
import { useHub } from './context.js'
import { useLive } from './live.js'

export interface UseConversations {
  /** In the order of their newest messages, newest first. */
  readonly conversations: readonly Conversation[]
  /** Whether there are more. */
  readonly more: boolean
  /** Number of unread messages in all of them. */
  readonly unread: number
  readonly stale: boolean
  /** The refusal of the last request, until a later one is answered. */
  readonly refused: HubError | undefined
  /** Marks a whole conversation as read. */
  read(user: string): Promise<void>
  /** Sends a direct message, which appears in the list once it is stored. */
  send(user: string, action: Action, options?: SendOptions): Sent
}

const NO_CONVERSATIONS: Conversations = { conversations: [], more: false }

/** The newest conversations of the user (default 15), and what is unread on all devices. */
export function useConversations({ limit }: { limit?: number } = {}): UseConversations {
  const hub = useHub()
  const { live, value, stale, refused } = useLive(
    `conversations ${limit}`,
    (of) => followConversations(of, limit === undefined ? {} : { limit }),
    NO_CONVERSATIONS,
  )
  const acts = useMemo(
    () => ({
      read: async (user: string) => live?.read(user),
      send: (user: string, action: Action, options?: SendOptions) =>
        live ? live.send(user, action, options) : hub.send(`user:${user}`, action, options),
    }),
    [hub, live],
  )
  return { ...value, unread: live?.unread ?? 0, stale, refused, ...acts }
}

const NOBODY: ReadonlyMap<string, Person> = new Map()

/** The people the user has a relation to, all or those in one relation, by id. */
export function useContacts(state?: ContactState): {
  people: ReadonlyMap<string, Person>
  stale: boolean
  refused: HubError | undefined
} {
  const { value, stale, refused } = useLive(`people ${state}`, (hub) => followPeople(hub, { state }), NOBODY)
  return { people: value, stale, refused }
}

export interface UseChannels {
  readonly channels: readonly LiveChannel[]
  /** Whether there are more after the last one. */
  readonly more: boolean
  readonly stale: boolean
  /** The refusal of the last request, until a later one is answered. */
  readonly refused: HubError | undefined
  /** Requests the list again: the node does not push changes. */
  refresh(): void
}

const NO_CHANNELS: ChannelList = { channels: [], more: false }

/** The first page of an organisation's occupied channels. */
export function useChannels(org: string, { prefix, limit }: ChannelsOptions = {}): UseChannels {
  const { live, value, stale, refused } = useLive(
    `channels ${org} ${limit} ${prefix}`,
    (hub) => followChannels(hub, org, { prefix, limit }),
    NO_CHANNELS,
  )
  const refresh = useMemo(() => () => live?.refresh(), [live])
  return { ...value, stale, refused, refresh }
}
