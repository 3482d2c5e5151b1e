import type { Gap, Member, State } from '@hubwire/client'
import type { Conversation } from '@hubwire/client/conversations'

/** The slice `hub` of a store: serializable, and updated by the middleware. */
export interface HubState {
  connection: { state: State; synced: boolean; user?: string; retryInMs?: number; error?: string }
  /** By channel that was joined or viewed. */
  channels: Record<string, { members: readonly Member[]; stale: boolean }>
  /** With the middleware's option `conversations`: newest first; `more`: whether there are more. */
  conversations: { list: readonly Conversation[]; more: boolean; stale: boolean }
  /** By id: sent and not confirmed. */
  pending: Record<string, { id: string; to: string; type: string }>
  /** By stream, until `hub/loaded`. */
  gaps: Record<string, Gap>
}

const initial: HubState = {
  connection: { state: 'idle', synced: false },
  channels: {},
  conversations: { list: [], more: false, stale: true },
  pending: {},
  gaps: {},
}

const without = <T>(record: Record<string, T>, key: string): Record<string, T> => {
  if (!(key in record)) return record
  const { [key]: _, ...rest } = record
  return rest
}

export function hubReducer(
  state: HubState | undefined = initial,
  { type, payload }: { type: string; payload?: unknown },
): HubState {
  switch (type) {
    case 'hub/state':
      return { ...state, connection: payload as HubState['connection'] }
    case 'hub/presence': {
      const { address, ...channel } = payload as { address: string; members: readonly Member[]; stale: boolean }
      return { ...state, channels: { ...state.channels, [address]: channel } }
    }
    case 'hub/leave':
      return { ...state, channels: without(state.channels, payload as string) }
    case 'hub/conversations':
      return { ...state, conversations: payload as HubState['conversations'] }
    case 'hub/pending': {
      const sent = payload as HubState['pending'][string]
      return { ...state, pending: { ...state.pending, [sent.id]: sent } }
    }
    case 'hub/acked':
    case 'hub/rejected':
      return { ...state, pending: without(state.pending, (payload as { id: string }).id) }
    case 'hub/gap':
      return { ...state, gaps: { ...state.gaps, [(payload as Gap).stream]: payload as Gap } }
    case 'hub/loaded':
      return { ...state, gaps: without(state.gaps, payload as string) }
  }
  return state
}

interface Root {
  hub: HubState
}

const NOBODY: readonly Member[] = []

export const selectConnection = ({ hub }: Root): HubState['connection'] => hub.connection
export const selectMembers = ({ hub }: Root, address: string): readonly Member[] =>
  hub.channels[address]?.members ?? NOBODY
export const selectConversations = ({ hub }: Root): readonly Conversation[] => hub.conversations.list
/** Number of messages that this user neither read nor answered, from `user` or in all conversations of the list. */
export const selectUnread = ({ hub }: Root, user?: string): number =>
  hub.conversations.list.reduce((sum, it) => (user === undefined || it.user === user ? sum + it.unread : sum), 0)
export const selectPending = ({ hub }: Root): HubState['pending'] => hub.pending
export const selectGaps = ({ hub }: Root): HubState['gaps'] => hub.gaps
