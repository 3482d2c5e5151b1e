/** Who the user is to others, and whom it knows or blocks. */
import type { Hub, Profile } from '@hubwire/client'

/** What the user is called and looks like, everywhere, instead of what was said before; `{}` ends it. */
export async function setProfile(hub: Hub, profile: Profile): Promise<void> {
  await hub.request('@@hub/profile', undefined, profile)
}

/** A step towards another user. */
export type ContactAct = 'invite' | 'accept' | 'remove' | 'block' | 'unblock'

/** How this user stands to another one: `invited` asked, `invites` is asked by it. */
export type ContactState = 'none' | 'invited' | 'invites' | 'contact' | 'blocked'

export interface Person {
  readonly user: string
  readonly state: ContactState
}

/** Does that step; one that is done already is no error. */
export async function setContact(hub: Hub, user: string, act: ContactAct): Promise<void> {
  await hub.request('@@hub/contact', undefined, { user, act })
}

/** Hears what changes while connected, in any session of this user or of the others; read `people` for the rest. */
export function onContact(hub: Hub, handler: (person: Person) => void): () => void {
  return hub.on('control', ({ type, payload }) => {
    if (type === '@@hub/contact') handler(payload as Person)
  })
}

export interface PeopleOptions {
  /** Those whose id begins so. */
  prefix?: string
  /** Those in one state. */
  state?: ContactState
  /** On a page, at most 200. */
  limit?: number
}

/** Pages of this user's people, in the order of their ids. */
export async function* people(hub: Hub, options: PeopleOptions = {}): AsyncGenerator<readonly Person[], void> {
  let after: string | undefined
  for (;;) {
    const { payload } = await hub.request('@@hub/people', undefined, { ...options, after })
    const { people: page, more } = payload as { people: Person[]; more?: boolean }
    if (page.length) yield page
    after = page[page.length - 1]?.user
    if (!more || after === undefined) return
  }
}
