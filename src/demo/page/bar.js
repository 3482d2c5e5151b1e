// The top: how the connection is, ways to disturb it, and the frames that went over it.
import { html, useEffect, useState } from './preact.js'
import { fetchDrain } from './signin.js'
import { useStore } from './store.js'

const BUSY_MS = 180
const BUSY_EVERY_MS = 200
const TICK_MS = 250

export function Pill({ link }) {
  const { state, node, session, codec, rttMs, retryAt, error } = useStore(link)
  const [, tick] = useState(0)
  useEffect(() => {
    if (state !== 'reconnecting') return
    const timer = setInterval(() => tick((n) => n + 1), TICK_MS)
    return () => clearInterval(timer)
  }, [state])
  const connected = state === 'connected'
  const retry =
    retryAt === undefined ? '' : ` again in ${Math.max(0, (retryAt - performance.now()) / 1_000).toFixed(1)} s`
  return html`<p class=${`pill ${state}`} role="status" aria-label="Connection" title=${error ?? session}>
    <strong>${state}</strong>
    ${connected && html`<span>node <b>${node}</b></span><span>session <b>${session.slice(-6)}</b></span>`}
    <span>${codec}</span>
    ${connected && rttMs !== undefined && html`<span>${rttMs.toFixed(1)} ms</span>`}
    ${!connected && html`<span>${error ?? ''}${retry}</span>`}
  </p>`
}

export function Controls({ connection, codec, onCodec, showsFrames, onFrames, toasts, isDevelopment }) {
  const [offline, setOffline] = useState(false)
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!slow) return
    const timer = setInterval(() => {
      const end = performance.now() + BUSY_MS
      while (performance.now() < end); // that is the point: this tab does nothing else meanwhile
    }, BUSY_EVERY_MS)
    return () => clearInterval(timer)
  }, [slow])
  const toggleOffline = () => {
    connection.setOffline(!offline)
    setOffline(!offline)
  }
  const drain = async () => {
    const { session } = connection.link.get()
    const refusal = await fetchDrain(session)
    if (refusal) toasts.show('Refused', refusal, 'bad')
  }
  return html`<div class="controls" role="group" aria-label="Disturb the connection">
    <button type="button" onClick=${connection.frames.cut}>Cut</button>
    <button type="button" aria-pressed=${offline} onClick=${toggleOffline}>Go offline</button>
    <button type="button" aria-pressed=${slow} onClick=${() => setSlow(!slow)}>Slow tab</button>
    ${isDevelopment && html`<button type="button" title="A node that is alone ends" onClick=${drain}>Drain this node</button>`}
    <button type="button" onClick=${() => onCodec(codec === 'JSON' ? 'MessagePack' : 'JSON')}>
      Use ${codec === 'JSON' ? 'MessagePack' : 'JSON'}
    </button>
    <button type="button" aria-pressed=${showsFrames} onClick=${onFrames}>Frames</button>
  </div>`
}

export function FrameLog({ frames }) {
  const all = useStore(frames.frames)
  const [filter, setFilter] = useState('')
  const shown = all.filter(({ action }) => `${action.type} ${action.meta?.hub?.to ?? ''}`.includes(filter)).reverse()
  return html`<section aria-label="Frames" class="frames">
    <div class="row">
      <h2 class="grow">Frames <small>the last 200, newest first</small></h2>
      <input aria-label="Filter frames" placeholder="type or address" value=${filter} onInput=${(event) => setFilter(event.target.value)} />
      <button type="button" onClick=${frames.clear}>Clear</button>
    </div>
    <ol tabindex="0" aria-label="Frame list">
      ${shown.map(
        ({ n, at, direction, bytes, action }) => html`<li key=${n} class=${direction}>
          <details>
            <summary>
              <time>${at.toISOString().slice(11, 23)}</time> ${direction === 'in' ? '←' : '→'} <b>${action.type}</b>
              ${' '}${action.meta?.hub?.to ?? ''} <small>${bytes} B</small>
            </summary>
            <pre>${JSON.stringify(action, null, 2)}</pre>
          </details>
        </li>`,
      )}
    </ol>
  </section>`
}
