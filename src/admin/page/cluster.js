// All nodes: how they are, what they did in the last minutes, and what is wrong.
import { get, part, post } from './api.js'
import { Act, bytes, counted, number, Problem, Since, Sparkline, Table, usePolled } from './parts.js'
import { html, useEffect, useState } from './preact.js'

// two values to a cell, the second one small: eleven columns fit beside each other where fifteen would not
const HEADS = ['Node', 'State', 'Up', 'Lease', 'Sessions', 'Channels', 'Orgs']
const LOAD = ['Published/s', 'Delivered/s', 'Append p50 / p99', 'Lagging']
/** A clock that is further off than this is told. */
const CLOCK_MS = 1_000

/** A node that is not alive any more stays in sight for so long. */
const GONE_MS = 300_000

const name = (node) => node.label ?? node.incarnation

function alarms({ broker, nodes }) {
  const of = (node) => [
    ...(node.silent ? [node.gone ? 'is not alive any more' : 'does not answer'] : []),
    ...(node.alarms ?? []),
    ...(Math.abs(node.clock_off_ms ?? 0) > CLOCK_MS ? [`its clock is ${node.clock_off_ms} ms off`] : []),
    ...(node.lagging_sessions ? [`${counted(node.lagging_sessions, 'session')} behind their sockets`] : []),
  ]
  const ofNodes = nodes.flatMap((node) => of(node).map((text) => `${name(node)}: ${text}`))
  return [...ofNodes, ...broker.advice]
}

/** The nodes that are alive, and those that no longer are: they vanish from the node's answer with their lease. */
function useKept(found) {
  const [gone, setGone] = useState({ before: [], nodes: [] })
  useEffect(() => {
    if (!found) return
    const alive = new Set(found.nodes.map((node) => node.incarnation))
    setGone(({ before, nodes }) => {
      const lost = before.filter((node) => !alive.has(node.incarnation) && !node.draining)
      const left = lost.map(({ incarnation, label }) => ({ incarnation, label, silent: true, gone: Date.now() }))
      const kept = nodes.filter((node) => !alive.has(node.incarnation) && Date.now() - node.gone < GONE_MS)
      return { before: found.nodes, nodes: [...kept, ...left] }
    })
  }, [found])
  return gone.nodes
}

function Row({ node, points, onDrain }) {
  const state = node.gone
    ? 'gone'
    : node.silent
      ? 'silent'
      : node.draining
        ? 'draining'
        : node.alarms.length
          ? 'unready'
          : 'ready'
  const rates = node.rates ?? {}
  const course = (key) => points.map((point) => point[key])
  const time = (ms) => (ms === null || ms === undefined ? '–' : `≤\u00a0${number(ms)}\u00a0ms`)
  return html`<tr class=${state}>
    <th scope="row">${name(node)}<br /><small>${node.incarnation}</small></th>
    <td>
      <span class="state">${state}</span><br />
      <button onClick=${onDrain} disabled=${node.draining || Boolean(node.gone)}>Drain ${name(node)}…</button>
    </td>
    <td><${Since} ms=${node.up_since_ms} /><br /><small>${node.version && `version ${node.version}`}</small></td>
    <td>
      ${node.gone ? '–' : `${number(node.lease_left_ms)}\u00a0ms`}<br />
      <small>${!node.silent && `clock ${node.clock_off_ms}\u00a0ms off`}</small>
    </td>
    <td>${number(node.sessions)}</td>
    <td>${number(node.channels)}</td>
    <td>${number(node.hubs)}</td>
    <td>${number(rates.published_per_second)}<br /><${Sparkline} values=${course('published_per_second')} label="Published per second" /></td>
    <td>${number(rates.deliveries_per_second)}<br /><${Sparkline} values=${course('deliveries_per_second')} label="Delivered per second" /></td>
    <td>${time(rates.append_p50_ms)} / ${time(rates.append_p99_ms)}</td>
    <td>${number(node.lagging_sessions)}<br /><small>${!node.silent && `${bytes(node.outbox_bytes)} queued`}</small></td>
  </tr>`
}

/** Draining closes sockets: whoever means it types the label. */
function Draining({ node, onEnd }) {
  const drain = async (form) => {
    if (form.get('label').trim() !== name(node)) throw new Error('That is not its label; nothing was done.')
    await post(`/v1/nodes/${part(node.incarnation)}/drain`)
    return `${name(node)} was asked to drain.`
  }
  return html`<section class="card" aria-label="Drain a node">
    <h2>Drain ${name(node)}</h2>
    <p>Its sessions (${number(node.sessions)}) go to the other nodes, and the process ends.</p>
    <${Act} label="Drain" act=${drain} danger>
      <label>Its label <input name="label" required autocomplete="off" /></label>
    <//>
    <button onClick=${onEnd}>Close</button>
  </section>`
}

export function Cluster() {
  const { found, error } = usePolled(() => get('/v1/cluster'), [])
  const { found: series } = usePolled(() => get('/v1/cluster/series'), [])
  const [draining, setDraining] = useState(null)
  const points = (node) => series?.nodes.find((of) => of.incarnation === node.incarnation)?.points ?? []
  const row = (node) =>
    html`<${Row} key=${node.incarnation} node=${node} points=${points(node)} onDrain=${() => setDraining(node)} />`
  const gone = useKept(found)
  const nodes = [...(found?.nodes ?? []), ...gone].sort((a, b) => name(a).localeCompare(name(b)))
  const told = found ? alarms({ ...found, nodes }) : []
  return html`<h1>Cluster</h1>
    <${Problem} error=${error} />
    ${
      found &&
      html`<p>Broker ${found.broker.url}, as ${found.asked} sees it.</p>
        <section aria-label="Alarms">
          ${
            told.length
              ? html`<ul class="alarms">${told.map((text) => html`<li key=${text}>${text}</li>`)}</ul>`
              : html`<p class="done">Nothing is wrong.</p>`
          }
        </section>
        <${Table} caption="Nodes" heads=${[...HEADS, ...LOAD]}>${nodes.map(row)}<//>`
    }
    ${draining && html`<${Draining} node=${draining} onEnd=${() => setDraining(null)} />`}`
}
