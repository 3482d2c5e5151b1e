/** Who the user is to others, and whom it knows or blocks. */
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
