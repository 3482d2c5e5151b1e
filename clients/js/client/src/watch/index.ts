/** Who is online: users anywhere, and the members of organisations, teams and channels without joining them. */
export type { Live } from '../live.js'
export { type ChannelList, type ChannelsOptions, channelsOf, followChannels, type LiveChannel } from './channels.js'
export { countOf, membersOf } from './members.js'
export { type OrgWatch, watchOrg } from './organisation.js'
export { type Watch, type Watched, watchUsers } from './users.js'
