// The left side: organisations, teams, who is there and where, and which conversations have something new.
import { html } from './preact.js'
import { Avatar } from './signin.js'
import { useStore } from './store.js'

const STATES = { here: 'here', away: 'away', offline: 'offline' }

/** Everybody known of an organisation, and everybody who is there though unknown. */
function colleaguesOf({ people, org, me, online, where, peers }) {
  const known = people.filter(({ orgs }) => org in orgs).map(({ user }) => user)
  const users = new Set([...known, ...online, ...peers])
  users.delete(me)
  return [...users].map((user) => {
    const { order = '', away = false } = Object(where.get(user))
    if (!online.includes(user)) return { user, state: STATES.offline, order: '' }
    return { user, state: away === true ? STATES.away : STATES.here, order: typeof order === 'string' ? order : '' }
  })
}

export function Colleagues({ people, org, me, lobby, inbox, nameOf, peer, onPeer }) {
  const { online, where } = useStore(lobby.store)
  useStore(inbox.store)
  const colleagues = colleaguesOf({ people, org, me, online, where, peers: inbox.peers() })
  return html`<section aria-label="Colleagues">
    <h2>Colleagues</h2>
    <ul class="list">
      ${colleagues.map(({ user, state, order }) => {
        const unread = inbox.unread(user)
        return html`<li key=${user}>
          <button
            type="button"
            class="entry"
            aria-pressed=${peer === user}
            onClick=${() => onPeer(user)}
          >
            <${Avatar} user=${user} name=${nameOf(user)} />
            <span class="grow">
              ${nameOf(user)}
              <small>${state}${order && `, in order ${order}`}</small>
            </span>
            ${unread > 0 && html`<span class="badge">${unread}<span class="sr"> unread</span></span>`}
            <span class=${`dot ${state}`}></span>
          </button>
          ${
            people.some((person) => person.user === user) &&
            html`<a class="open-as" href=${`?user=${user}`} target="_blank" rel="noopener">open as ${nameOf(user)}</a>`
          }
        </li>`
      })}
    </ul>
  </section>`
}

export function Organisations({ orgs, memberships, org, onOrg }) {
  const { roles = [], teams = [] } = memberships[org] ?? {}
  return html`<section aria-label="Organisations">
    <h2>Organisation</h2>
    <div class="switch" role="group" aria-label="Organisation">
      ${orgs.map(
        (name) => html`<button type="button" key=${name} aria-pressed=${name === org} onClick=${() => onOrg(name)}>
          ${name}
        </button>`,
      )}
    </div>
    <p class="muted">
      You are ${roles.join(', ') || 'a member'}.
      ${teams.length > 0 && html` Teams: ${teams.map((team) => html`<span class="tag" key=${team}>${team}</span>`)}`}
    </p>
  </section>`
}
