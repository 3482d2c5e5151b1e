/** Actions over the wire: a middleware, a slice, and optimistic updates for Redux. */
export { type HubActionCreator, hubAction, join, leave, loaded, type Outgoing, view } from './actions.js'
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
  selectGaps,
  selectMembers,
  selectPending,
} from './reducer.js'
