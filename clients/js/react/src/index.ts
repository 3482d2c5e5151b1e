/** Hooks for React 18 and later. */
export { type UseChannelOptions, useChannel, usePresence, useView } from './channels.js'
export { HubProvider, useHub } from './context.js'
export { useAction, useConnection, useDirect } from './hooks.js'
export { type UseChannels, type UseConversations, useChannels, useContacts, useConversations } from './people.js'
export { useWatch } from './watch.js'
