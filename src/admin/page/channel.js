// Channels that somebody is in, and one of them.
import { get, part, remove } from './api.js'
import { Act, number, Problem, Table, usePolled } from './parts.js'
import { html, useState } from './preact.js'

const link = (kind, name) => html`<a href="#${part(`${kind}/${name}`)}">${name}</a>`
const silent = (nodes) =>
  nodes.length > 0 && html`<p class="problem">Silent, so their share is missing: ${nodes.join(', ')}</p>`

export function Channels() {
  const [query, setQuery] = useState({ org: '', prefix: '', after: '' })
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value))
  const { found, error } = usePolled(
    () => get(`/v1/channels?${search.toString().replaceAll('+', '%20')}`),
    [search.toString()],
  )
  const filter = (event) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setQuery({ org: form.get('org').trim(), prefix: form.get('prefix').trim(), after: '' })
  }
  const row = ({ channel, users, sessions, top }) => html`<tr key=${channel}>
    <th scope="row">${link('channel', channel)}</th>
    <td>${number(users)}</td><td>${number(sessions)}</td><td>${top}</td>
  </tr>`
  const last = found?.channels.at(-1)?.channel
  return html`<h1>Channels</h1>
    <form class="act" onSubmit=${filter}>
      <label>Organisation <input name="org" autocomplete="off" /></label>
      <label>Path begins with <input name="prefix" autocomplete="off" /></label>
      <button>Filter</button>
    </form>
    <${Problem} error=${error} />
    ${
      found &&
      html`${silent(found.silent)}
        ${
          found.channels.length
            ? html`<${Table} caption="Channels" heads=${['Channel', 'Users', 'Sessions', 'Stands at']}>
                ${found.channels.map(row)}
              <//>`
            : html`<p>Nobody is in a channel here.</p>`
        }
        <p class="act">
          ${query.after && html`<button onClick=${() => setQuery({ ...query, after: '' })}>First page</button>`}
          ${found.more && html`<button onClick=${() => setQuery({ ...query, after: last })}>Next page</button>`}
        </p>`
    }`
}

function Members({ channel, users }) {
  const row = ({ user, sessions }) => {
    const kick = async () => {
      await remove(`/v1/channels/${part(channel)}/members/${part(user)}`)
      return 'Taken out.'
    }
    return html`<tr key=${user}>
      <th scope="row">${link('user', user)}</th>
      <td>${sessions ? number(sessions) : 'away'}</td>
      <td><${Act} label="Take out" act=${kick} danger /></td>
    </tr>`
  }
  return html`<${Table} caption="Users" heads=${['User', 'Sessions', 'Acts']}>${users.map(row)}<//>`
}

export function Channel({ channel }) {
  const [after, setAfter] = useState('')
  const path = `/v1/channels/${part(channel)}${after && `?after=${part(after)}`}`
  const { found, error } = usePolled(() => get(path), [path])
  const node = ({ incarnation, label, sessions }) => html`<tr key=${incarnation}>
    <th scope="row">${label ?? incarnation}</th><td>${sessions === null ? 'silent' : number(sessions)}</td>
  </tr>`
  return html`<h1>${channel}</h1>
    <${Problem} error=${error} />
    ${
      found &&
      html`<p>
          ${number(found.count)} ${found.count === 1 ? 'user' : 'users'}. Its log holds ${number(found.stream.length)}
          ${' '}publications${found.stream.oldest && `, the oldest ${found.stream.oldest}`}, and stands at ${found.stream.top}.
        </p>
        <${Table} caption="Sessions by node" heads=${['Node', 'Sessions']}>${found.nodes.map(node)}<//>
        <h2>Users</h2>
        ${found.users.length ? html`<${Members} channel=${channel} users=${found.users} />` : html`<p>Nobody is here.</p>`}
        <p class="act">
          ${after && html`<button onClick=${() => setAfter('')}>First page</button>`}
          ${found.more && html`<button onClick=${() => setAfter(found.users.at(-1).user)}>Next page</button>`}
        </p>`
    }`
}
