import type { Hub, HubError, Profile } from '@hubwire/client'
import { follow, type Live } from '../live.js'

/** A step towards another user. */
export type ContactAct = 'invite' | 'accept' | 'remove' | 'block' | 'unblock'

/** How this user stands to another one: `invited` asked, `invites` is asked by it. */
export type ContactState = 'none' | 'invited' | 'invites' | 'contact' | 'blocked'

export interface Person {
  readonly user: string
  readonly state: ContactState
  /** Of a contact, where `name` was asked for. */
  readonly profile?: Profile
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
  /** Contacts with a word in the name of their profile that begins so, in whatever case; they come with the profile. */
  name?: string
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

/**
 * This user's people until it is closed, all or those in one state, and what becomes of them. A refusal is handed to
 * `refused`: `not_found` where the node keeps no people.
 */
export function followPeople(
  hub: Hub,
  { state: wanted }: Pick<PeopleOptions, 'state'> = {},
  refused?: (error: HubError) => void,
): Live<ReadonlyMap<string, Person>> {
  return follow<ReadonlyMap<string, Person>>(
    hub,
    {
      first: new Map(),
      async ask() {
        const found = new Map<string, Person>()
        for await (const page of people(hub, { state: wanted }))
          for (const person of page) found.set(person.user, person)
        return found
      },
      listen: (push) =>
        onContact(hub, (person) =>
          push((before) => {
            const { user, state } = person
            const fits = state !== 'none' && (wanted === undefined || state === wanted)
            if (!fits && !before.has(user)) return before
            const next = new Map(before)
            if (fits) next.set(user, person)
            else next.delete(user)
            return next
          }),
        ),
    },
    refused,
  )
}
