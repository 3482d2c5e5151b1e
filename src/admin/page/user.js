// One user: its sessions on all nodes, how far they are, and what an operator may do about it.
import { get, part, post } from './api.js'
import { HEADS as EVENT, Event } from './audit.js'
import { Act, bytes, counted, number, Problem, Since, Table, usePolled } from './parts.js'
import { html } from './preact.js'

const HEADS = ['Session', 'Node', 'Device', 'Connected', 'From', 'Protocol', 'Looks at', 'Streams', 'Outbox', 'Acts']

function Streams({ streams, top, own }) {
  if (!streams) return '–'
  const item = ({ stream, pos, lagging }) => {
    const behind = lagging || (stream === own && pos !== top)
    return html`<li key=${stream} class=${behind ? 'behind' : ''}>
      ${stream} <small>${pos}${lagging ? ', lags' : ''}</small>
    </li>`
  }
  return html`<details>
    <summary>${streams.length}${streams.some(({ lagging }) => lagging) ? ', lags' : ''}</summary>
    <ul>${streams.map(item)}</ul>
  </details>`
}

function Session({ session, found }) {
  const close = async () => {
    await post(`/v1/sessions/${part(session.session)}/disconnect`, {})
    return 'It was told to close.'
  }
  return html`<tr class=${session.silent ? 'silent' : ''}>
    <th scope="row"><small>${session.session}</small></th>
    <td>${session.node ?? session.incarnation}${session.silent ? ', silent' : ''}</td>
    <td>${session.device ?? '–'}</td>
    <td><${Since} ms=${session.since_ms} /></td>
    <td>${session.address ?? '–'}</td>
    <td>${session.codec ?? '–'}</td>
    <td>${session.view ? html`<a href="#${part(`channel/${session.view}`)}">${session.view}</a>` : '–'}</td>
    <td><${Streams} streams=${session.streams} top=${found.stream.top} own="user:${found.user}" /></td>
    <td>${bytes(session.outbox_bytes)}</td>
    <td><${Act} label="Close" act=${close} /></td>
  </tr>`
}

function Acts({ user, blocked, again }) {
  const path = (act) => `/v1/users/${part(user)}/${act}`
  const done = (text) => {
    again()
    return text
  }
  const disconnect = async () =>
    done(`${counted((await post(path('disconnect'), {})).sessions, 'session')} told to close.`)
  const block = async (form) => {
    const body = { seconds: 60 * Number(form.get('minutes')), reason: form.get('reason') }
    await post(path('block'), body)
    return done('Blocked.')
  }
  const unblock = async () => {
    await post(path('unblock'), {})
    return done('Blocked no more.')
  }
  const revoke = async () => {
    await post('/v1/tokens/revoke', { user, issued_before: Math.floor(Date.now() / 1000) })
    return done('All tokens issued before now are revoked.')
  }
  return html`<section class="card" aria-label="Acts">
    <h2>Acts</h2>
    <${Act} label="Disconnect all" act=${disconnect} danger />
    ${
      blocked
        ? html`<p>Blocked for another ${number(blocked.expires_in_s)} s${blocked.reason && `: ${blocked.reason}`}</p>
            <${Act} label="Unblock" act=${unblock} />`
        : html`<${Act} label="Block" act=${block} danger>
            <label>Minutes <input name="minutes" type="number" min="1" value="60" required /></label>
            <label>Reason <input name="reason" maxlength="256" autocomplete="off" /></label>
          <//>`
    }
    <${Act} label="Revoke its tokens" act=${revoke} danger />
  </section>`
}

function Cursors({ cursors }) {
  const rows = Object.entries(cursors).flatMap(([device, of]) =>
    Object.entries(of).map(([stream, pos]) => [device, stream, pos]),
  )
  if (!rows.length) return null
  const row = ([device, stream, pos]) => html`<tr key=${device + stream}>
    <th scope="row">${device}</th><td>${stream}</td><td>${pos}</td>
  </tr>`
  return html`<h2>Cursors</h2>
    <${Table} caption="Cursors" heads=${['Device', 'Stream', 'Position']}>${rows.map(row)}<//>`
}

/** Why it is not connected, or was not: what all nodes remember. */
function Past({ user }) {
  const { found, error } = usePolled(() => get(`/v1/audit?all=true&limit=20&user=${part(user)}`), [user])
  const row = (event) => html`<${Event} key=${event.node + event.number} event=${event} />`
  return html`<h2>What happened to it</h2>
    <${Problem} error=${error} />
    ${found?.silent.length > 0 && html`<p class="problem">${found.silent.join(', ')} did not answer.</p>`}
    ${
      found &&
      (found.events.length
        ? html`<${Table} caption="What happened to it" heads=${EVENT}>${found.events.map(row)}<//>`
        : html`<p>
            Nothing since the nodes started. Who shows credentials that prove nothing is nobody yet: look for its address in
            the <a href="#audit">audit trail</a> of each node.
          </p>`)
    }`
}

export function User({ user }) {
  const { found, error, again } = usePolled(() => get(`/v1/users/${part(user)}`), [user])
  const row = (session) => html`<${Session} key=${session.session} session=${session} found=${found} />`
  return html`<h1>User ${user}</h1>
    <${Problem} error=${error} />
    ${
      found &&
      html`<p>
          ${found.count ? counted(found.count, 'session') : 'Not connected'}${
            found.last_seen > 0 && html`, last seen <${Since} ms=${found.last_seen} /> ago`
          }. Its stream holds ${number(found.stream.length)}
          ${' '}publications and stands at ${found.stream.top}.
        </p>
        ${found.count > 0 && html`<${Table} caption="Sessions" heads=${HEADS}>${found.sessions.map(row)}<//>`}
        <${Past} user=${user} />
        <${Cursors} cursors=${found.cursors} />
        <${Acts} user=${user} blocked=${found.blocked} again=${again} />`
    }`
}
