// Signing in: the key is typed once and not kept; the node answers with a cookie that this page cannot read.
import { post } from './api.js'
import { Problem } from './parts.js'
import { html, useState } from './preact.js'

export function SignIn({ onSignedIn }) {
  const [error, setError] = useState(null)
  const submit = async (event) => {
    event.preventDefault()
    const form = event.currentTarget
    try {
      onSignedIn(await post('/v1/admin/session', { key: new FormData(form).get('key') }))
    } catch (refused) {
      form.reset()
      setError(refused)
    }
  }
  return html`<main class="signin">
    <h1>hubwire</h1>
    <p>Sign in with an API key that has the scope <code>operate</code>.</p>
    <form onSubmit=${submit}>
      <label for="key">API key</label>
      <input id="key" name="key" type="password" autocomplete="off" required />
      <button class="main">Sign in</button>
    </form>
    <${Problem} error=${error} />
  </main>`
}
