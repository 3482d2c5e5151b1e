/** Redux over the wire: a middleware, a slice, and optimistic updates. */
export { type HubActionCreator, hubAction, join, leave, loaded, type Outgoing, read, view } from './actions.js'
export {
  type Accept,
  createHubMiddleware,
  type HubDispatch,
  type HubMiddleware,
  type HubMiddlewareOptions,
} from './middleware.js'
export { type Optimistic, optimistic } from './optimistic.js'
export {
  type HubState,
  hubReducer,
  selectConnection,
  selectConversations,
  selectGaps,
  selectMembers,
  selectPending,
  selectUnread,
} from './reducer.js'
