// Publications as all nodes accept them, and one of them with the way it went.
import { get, part } from './api.js'
import { bytes, counted, number, Problem, Table, usePolled } from './parts.js'
import { html, useEffect, useRef, useState } from './preact.js'

/** Lines that are kept; older ones go. */
const KEPT = 200
const HEADS = ['At', 'To', 'Type', 'From', 'Position', 'Size', 'Goes to', 'Node', 'Acts']

const clock = (ms) => new Date(ms).toISOString().slice(11, 23)
const messageLink = (stream, pos) => html`<a href="#${part(`message/${stream}/${pos}`)}">${pos}</a>`
const target = ({ sessions, nodes }) =>
  sessions === undefined ? '–' : `${counted(sessions, 'session')}, ${counted(nodes, 'node')}`

/** The same publication again, from a terminal. */
function asCurl({ to, type, payload }) {
  const body = JSON.stringify({ to, type, ...(payload === undefined ? {} : { payload }) }).replaceAll("'", `'\\''`)
  return `curl -H "X-Api-Key: $KEY" -H 'Content-Type: application/json' ${location.origin}/v1/publish -d '${body}'`
}

/** What the tail shows: the newest first. `sample`: every so manieth line. */
function useTail(query, paused, sample) {
  const [state, setState] = useState({ lines: [], seen: 0, dropped: 0, silent: [], broken: false })
  const halted = useRef(paused)
  halted.current = paused
  useEffect(() => {
    setState({ lines: [], seen: 0, dropped: 0, silent: [], broken: false })
    const source = new EventSource(`/v1/tail?${query}`)
    let waiting = []
    let seen = 0
    const hear = (name, take) => source.addEventListener(name, ({ data }) => take(JSON.parse(data)))
    hear('publication', (line) => {
      seen += 1
      if (seen % sample === 0 && !halted.current) waiting.push({ ...line, key: seen })
    })
    hear('dropped', ({ count }) => setState((before) => ({ ...before, dropped: before.dropped + count })))
    hear('silent', ({ nodes }) => setState((before) => ({ ...before, silent: nodes })))
    source.onopen = () => setState((before) => ({ ...before, broken: false }))
    source.onerror = () => setState((before) => ({ ...before, broken: true }))
    // many lines at once are one picture
    const timer = setInterval(() => {
      const fresh = waiting.reverse()
      waiting = []
      setState((before) => ({ ...before, seen, lines: fresh.concat(before.lines).slice(0, KEPT) }))
    }, 250)
    return () => {
      source.close()
      clearInterval(timer)
    }
  }, [query, sample])
  return state
}

function Line({ line }) {
  const [copied, setCopied] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(asCurl(line)).then(
      () => setCopied('Copied.'),
      () => setCopied('The browser does not let it.'),
    )
  return html`<tr>
    <th scope="row"><time datetime=${new Date(line.ts).toISOString()}>${clock(line.ts)}</time></th>
    <td>${line.to}</td>
    <td>${line.type}${line.duplicate ? html` <small>sent again</small>` : ''}</td>
    <td>${line.from ? html`<a href="#${part(`user/${line.from}`)}">${line.from}</a>` : '–'}</td>
    <td>${line.pos ? messageLink(line.to, line.pos) : 'no log'}${line.id && html`<br /><small>${line.id}</small>`}</td>
    <td>${bytes(line.bytes)}${line.payload !== undefined && html`<br /><code>${JSON.stringify(line.payload)}</code>`}</td>
    <td>${target(line)}</td>
    <td>${line.node}</td>
    <td><button onClick=${copy}>Copy as curl</button> <span role="status">${copied}</span></td>
  </tr>`
}

export function Tail() {
  const [query, setQuery] = useState('')
  const [paused, setPaused] = useState(false)
  const [sample, setSample] = useState(1)
  const { lines, seen, dropped, silent, broken } = useTail(query, paused, sample)
  const filter = (event) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const given = ['prefix', 'type', 'user'].map((key) => [key, form.get(key).trim()]).filter(([, value]) => value)
    if (form.get('payload')) given.push(['payload', 'true'])
    setSample(Number(form.get('sample')))
    setQuery(given.map(([key, value]) => `${key}=${part(value)}`).join('&'))
  }
  const field = (name, label) => html`<label>${label} <input name=${name} autocomplete="off" /></label>`
  return html`<h1>Tail</h1>
    <form class="act" onSubmit=${filter}>
      ${field('prefix', 'Address begins with')} ${field('type', 'Type')} ${field('user', 'User')}
      <label>Show one of <input name="sample" type="number" min="1" max="1000" value="1" required /></label>
      <label><input name="payload" type="checkbox" /> Payloads (audited)</label>
      <button>Filter</button>
      <button type="button" aria-pressed=${paused} onClick=${() => setPaused(!paused)}>Pause</button>
    </form>
    ${broken && html`<p class="problem" role="alert">The tail ended: the node is away, or the key lacks the scope for it. It is tried again.</p>`}
    ${silent.length > 0 && html`<p class="problem">Silent, so their share is missing: ${silent.join(', ')}</p>`}
    <p role="status">${number(seen)} seen${dropped > 0 && `, dropped ${number(dropped)}`}${paused && ', paused'}</p>
    ${
      lines.length
        ? html`<${Table} caption="Publications" heads=${HEADS}>
            ${lines.map((line) => html`<${Line} key=${line.key} line=${line} />`)}
          <//>`
        : html`<p>Nothing was published since.</p>`
    }`
}

function Stored({ stored }) {
  if (!stored) return html`<p>The log does not hold it (any more).</p>`
  const rows = [
    ['Accepted', new Date(stored.ts).toISOString()],
    ['Type', stored.type],
    ['From', stored.from ?? 'the server API'],
    ['Session', stored.session],
    ['Id', stored.id],
    ['Size', bytes(stored.bytes)],
    ['Trace', stored.traceparent],
    ['Payload', stored.payload && JSON.stringify(stored.payload)],
  ]
  const row = ([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td>${value}</td></tr>`
  return html`<${Table} caption="As it is stored" heads=${['Field', 'Value']}>
    ${rows.filter(([, value]) => value !== undefined).map(row)}
  <//>`
}

function Way({ nodes }) {
  const sum = (writes, key) => writes.reduce((all, write) => all + write[key], 0)
  const row = ({ incarnation, label, silent, traces, accepted, delivered }) => html`<tr key=${incarnation}>
    <th scope="row">${label ?? incarnation}${silent ? ', silent' : ''}</th>
    <td>${accepted?.length ? `yes${accepted.length > 1 ? `, and ${accepted.length - 1} times again` : ''}` : '–'}</td>
    <td>${delivered?.length ? new Date(delivered[0].at_ms).toISOString() : '–'}</td>
    <td>${delivered?.length ? number(sum(delivered, 'sessions')) : '–'}</td>
    <td>${delivered?.length ? number(sum(delivered, 'lagging')) : '–'}</td>
    <td>${silent ? '–' : traces ? 'yes' : 'no'}</td>
  </tr>`
  const heads = ['Node', 'Accepted it', 'Written at', 'To sessions', 'Left to the log', 'Keeps traces']
  const inOrder = [...nodes].sort((a, b) => (a.label ?? a.incarnation).localeCompare(b.label ?? b.incarnation))
  return html`<${Table} caption="Its way" heads=${heads}>${inOrder.map(row)}<//>`
}

/** `of`: the stream and, after its last slash, the position. */
export function Message({ of }) {
  const [stream, pos] = [of.slice(0, of.lastIndexOf('/')), of.slice(of.lastIndexOf('/') + 1)]
  const [shown, setShown] = useState(false)
  const path = `/v1/messages/${part(stream)}/${part(pos)}${shown ? '?payload=true' : ''}`
  const { found, error } = usePolled(() => get(path), [path])
  return html`<h1>${pos} in ${stream}</h1>
    <${Problem} error=${error} />
    ${
      found &&
      html`<${Stored} stored=${found.stored} />
        ${found.stored && html`<p class="act"><button aria-pressed=${shown} onClick=${() => setShown(!shown)}>Show the payload (audited)</button></p>`}
        <h2>Its way</h2>
        <${Way} nodes=${found.nodes} />
        ${
          found.nodes.every(({ traces }) => !traces) &&
          html`<p>The nodes keep no traces: set trace.messages, or keep the tail open when it is sent.</p>`
        }`
    }`
}
