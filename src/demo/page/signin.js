// Who one is: six people to pick from, any other name, or a token where the node is no development node.
import { HubError } from './hubwire.js'
import { html, useEffect, useState } from './preact.js'
import { hueOf } from './seed.js'

/** Everybody of the demo; `undefined` on a node that signs nobody in. */
export async function fetchPeople() {
  const answer = await fetch('/dev/people')
  return answer.ok ? answer.json() : undefined
}

export async function fetchTicket(user) {
  const { status, body } = await post('/dev/ticket', { user })
  if (status === 201) return body.ticket
  // a node or a broker that is away for a moment is asked again; a name that is none stays none
  throw status < 500 ? new HubError('bad_credentials', body.error.message) : new Error(body.error.message)
}

/** Drains the node of a session; the reason when it was refused. */
export async function fetchDrain(session) {
  const { status, body } = await post('/dev/drain', { session })
  return status === 202 ? undefined : body.error.message
}

async function post(path, payload) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(payload) })
  return { status: answer.status, body: await answer.json() }
}

export function Avatar({ user, name, title }) {
  return html`<span class=${`avatar hue-${hueOf(user)}`} title=${title} aria-hidden="true">
    ${(name ?? user).slice(0, 2)}
  </span>`
}

/** `admin in acme (ops, sales)` */
function membershipsOf(orgs) {
  const entries = Object.entries(orgs).map(([org, { roles, teams }]) => {
    const role = roles.join(', ') || 'member'
    return `${role} in ${org}${teams.length ? ` (${teams.join(', ')})` : ''}`
  })
  return entries.join('; ')
}

export function SignIn({ people, onToken }) {
  const [name, setName] = useState('')
  useEffect(() => {
    document.title = 'hubwire demo'
  }, [])
  const typed = (event) => {
    event.preventDefault()
    const text = name.trim()
    if (!text) return
    if (people) location.search = `?user=${encodeURIComponent(text)}`
    else onToken(text)
  }
  return html`<main class="signin">
    <h1>hubwire demo</h1>
    <p>Orders that several people work on at once. Pick somebody, then open a second window as somebody else.</p>
    ${
      people &&
      html`<ul class="people" aria-label="People">
      ${people.map(
        ({ user, name, orgs }) => html`<li key=${user}>
          <a class="person" href=${`?user=${user}`}>
            <${Avatar} user=${user} name=${name} />
            <span><strong>${name}</strong><small>${membershipsOf(orgs)}</small></span>
          </a>
        </li>`,
      )}
    </ul>`
    }
    <form onSubmit=${typed}>
      <label for="name">${people ? 'or another name' : 'A token of your application (this is no development node)'}</label>
      <div class="row">
        <input id="name" value=${name} autocomplete="off" onInput=${(event) => setName(event.target.value)} />
        <button type="submit">Enter</button>
      </div>
    </form>
  </main>`
}
