// What concerned the security of the node that serves this page: who was refused, blocked, kicked, and what keys were used for.
import { get, part } from './api.js'
import { number, Problem, Table, usePolled } from './parts.js'
import { html, useState } from './preact.js'

const KINDS = [
  'handshake_refused',
  'action_refused',
  'session_revoked',
  'session_blocked',
  'session_abusive',
  'session_ended',
  'kicked',
  'api_call',
  'api_call_refused',
  'sign_in',
  'sign_in_refused',
]
export const HEADS = ['At', 'What', 'Who', 'From', 'To or call', 'Code', 'Why']
const words = (kind) => kind.replaceAll('_', ' ')

export function Event({ event }) {
  const { at_ms, user, session, key, address, to, call, status, code, reason, node } = event
  return html`<tr>
    <th scope="row"><small>${new Date(at_ms).toISOString()}${node && html`<br />${node}`}</small></th>
    <td>${words(event.event)}</td>
    <td>
      ${user && html`<a href="#${part(`user/${user}`)}">${user}</a>`}${key && html`key ${key}`}
      ${session && html`<br /><small>${session}</small>`}
    </td>
    <td>${address ?? '–'}</td>
    <td>${to ?? call ?? '–'}</td>
    <td>${code ?? status ?? '–'}</td>
    <td>${reason ?? '–'}</td>
  </tr>`
}

export function Audit() {
  const [query, setQuery] = useState({ event: '', before: '' })
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString()
  const { found, error } = usePolled(() => get(`/v1/audit?limit=100&${search}`), [search])
  return html`<h1>Audit</h1>
    <p class="act">
      <label>
        What${' '}
        <select onChange=${({ target }) => setQuery({ event: target.value, before: '' })}>
          <option value="">everything</option>
          ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${words(kind)}</option>`)}
        </select>
      </label>
    </p>
    <${Problem} error=${error} />
    ${
      found &&
      html`<p>What ${found.node} knows: the latest 1,000 of each kind since it started, and 10,000 ends of sessions. The log goes
          back further; a user’s screen asks all nodes.</p>
        ${
          found.events.length
            ? html`<${Table} caption="Events" heads=${HEADS}>
                ${found.events.map((event) => html`<${Event} key=${event.number} event=${event} />`)}
              <//>`
            : html`<p>Nothing of that happened.</p>`
        }
        <p class="act">
          ${query.before && html`<button onClick=${() => setQuery({ ...query, before: '' })}>Newest</button>`}
          ${
            found.more &&
            html`<button onClick=${() => setQuery({ ...query, before: found.events.at(-1).number })}>
              Before ${number(found.events.at(-1).number)}
            </button>`
          }
        </p>`
    }`
}
