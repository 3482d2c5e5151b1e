/** Who is online: users wherever they are, organisations, teams and channels without joining them. */
export { countOf, membersOf } from './members.js'
export { type OrgWatch, watchOrg } from './organisation.js'
export { type Watch, type Watched, watchUsers } from './users.js'
