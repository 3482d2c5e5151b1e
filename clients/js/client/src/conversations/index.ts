/** The users with whom the user exchanged direct messages, and what is unread. */
export type { Live } from '../live.js'
export { type ConversationList, followConversations } from './following.js'
export {
  type Conversation,
  type Conversations,
  type ConversationsOptions,
  conversations,
  markRead,
  onRead,
  type ReadMark,
} from './list.js'
