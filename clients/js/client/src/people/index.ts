/** The user's profile, contacts, invitations and blocked users. */
export type { Live } from '../live.js'
export {
  type ContactAct,
  type ContactState,
  followPeople,
  onContact,
  type PeopleOptions,
  type Person,
  people,
  setContact,
} from './contacts.js'
export { setProfile } from './profile.js'
