// Publishing in the name of the server.
import { part, post } from './api.js'
import { html, useState } from './preact.js'

/** What the form says, as the server API takes it. */
function publication(form) {
  const text = (name) => form.get(name).trim()
  const found = { to: text('to'), type: text('type') }
  if (text('payload')) {
    try {
      found.payload = JSON.parse(text('payload'))
    } catch (error) {
      throw new Error(`The payload is no JSON: ${error.message}`)
    }
  }
  for (const name of ['id', 'from']) if (text(name)) found[name] = text(name)
  if (form.get('ephemeral')) found.ephemeral = true
  return found
}

export function Publish() {
  const [outcome, setOutcome] = useState(null)
  const [busy, setBusy] = useState(false)
  const publish = async (event) => {
    event.preventDefault()
    setBusy(true)
    try {
      const sent = publication(new FormData(event.currentTarget))
      setOutcome({ to: sent.to, ack: await post('/v1/publish', sent) })
    } catch (error) {
      setOutcome({ error })
    }
    setBusy(false)
  }
  return html`<h1>Publish</h1>
    <form class="card stacked" onSubmit=${publish}>
      <label>Address <input name="to" required autocomplete="off" placeholder="org:acme, ch:acme/order/1842, user:u1" /></label>
      <label>Type <input name="type" required autocomplete="off" placeholder="news" /></label>
      <label>Payload (JSON) <textarea name="payload" rows="6" spellcheck="false"></textarea></label>
      <label>Idempotency key <input name="id" maxlength="64" autocomplete="off" /></label>
      <label>In the name of the user <input name="from" maxlength="64" autocomplete="off" /></label>
      <label><input name="ephemeral" type="checkbox" /> Ephemeral: only who is there gets it</label>
      <button class="main" disabled=${busy}>Publish</button>
    </form>
    <div role="status">
      ${outcome?.error && html`<p class="problem">${outcome.error.message}</p>`}
      ${
        outcome?.ack &&
        html`<p class="done">${outcome.ack.duplicate ? 'It was published before.' : 'Published.'}</p>
          <pre>${JSON.stringify(outcome.ack, null, 2)}</pre>
          ${outcome.ack.pos && html`<p><a href="#${part(`message/${outcome.to}/${outcome.ack.pos}`)}">Where it went</a></p>`}`
      }
    </div>`
}
