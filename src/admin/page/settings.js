// With what configuration the nodes run, and where each value comes from.
import { get } from './api.js'
import { Problem, Table, usePolled } from './parts.js'
import { html, useState } from './preact.js'

export function Settings() {
  const { found, error } = usePolled(() => get('/v1/cluster/settings'), [])
  const [all, setAll] = useState(false)
  const told = ({ origin, differs }) => all || differs.length > 0 || origin !== 'default'
  const row = ({ option, value, origin, differs }) => html`<tr key=${option} class=${differs.length ? 'unready' : ''}>
    <th scope="row">${option}</th>
    <td>${value || '–'}</td>
    <td>${origin}</td>
    <td>${differs.map(({ nodes, value }) => html`<div>${nodes.join(', ')}: ${value || '–'}</div>`)}</td>
  </tr>`
  return html`<h1>Settings</h1>
    <${Problem} error=${error} />
    ${
      found &&
      html`<p>As ${found.asked} was started. Secrets are compared, not shown.</p>
        ${found.silent.length > 0 && html`<p class="problem">Silent: ${found.silent.join(', ')}</p>`}
        <p><label><input type="checkbox" checked=${all} onChange=${() => setAll(!all)} /> Defaults, too</label></p>
        <${Table} caption="Settings" heads=${['Option', 'Value', 'From', 'Elsewhere']}>
          ${found.settings.filter(told).map(row)}
        <//>`
    }`
}
