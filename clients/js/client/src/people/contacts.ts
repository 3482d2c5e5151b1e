import type { Hub, HubError, Profile } from '@hubwire/client'
import { follow, type Live } from '../live.js'

/** A change of the relation to another user. */
export type ContactAct = 'invite' | 'accept' | 'remove' | 'block' | 'unblock'

/**
 * The relation of this user to another one: `invited` means that it sent an invitation, `invites` that it received
 * one.
 */
export type ContactState = 'none' | 'invited' | 'invites' | 'contact' | 'blocked'

export interface Person {
  readonly user: string
  readonly state: ContactState
  /** For contacts, if the query was by `name`. */
  readonly profile?: Profile
}

/** Changes the relation; repeating a change is not an error. */
export async function setContact(hub: Hub, user: string, act: ContactAct): Promise<void> {
  await hub.request('@@hub/contact', undefined, { user, act })
}

/**
 * Calls the handler with changes made while connected, by any session of this user or of the others; read `people` for
 * the rest.
 */
export function onContact(hub: Hub, handler: (person: Person) => void): () => void {
  return hub.on('control', ({ type, payload }) => {
    if (type === '@@hub/contact') handler(payload as Person)
  })
}

export interface PeopleOptions {
  /** Only users whose id has this prefix. */
  prefix?: string
  /** Only users in this relation. */
  state?: ContactState
  /**
   * Only contacts with a word in the name of their profile that starts with this text, ignoring case; results include
   * the profile.
   */
  name?: string
  /** Most users in a page, at most 200. */
  limit?: number
}

/** Pages of the people the user has a relation to, in the order of their ids. */
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
 * Follows this user's people, all or those in one relation, until it is closed. `refused` is called with a refusal:
 * `not_found` if the node stores no people.
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
