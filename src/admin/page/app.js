// The operator's page: one screen at a time, chosen by the part of the address behind #.
import { get, onSignedOut, remove } from './api.js'
import { Audit } from './audit.js'
import { Channel, Channels } from './channel.js'
import { Cluster } from './cluster.js'
import { html, render, useEffect, useState } from './preact.js'
import { Publish } from './publish.js'
import { Settings } from './settings.js'
import { SignIn } from './signin.js'
import { Message, Tail } from './tail.js'
import { User } from './user.js'

const SCREENS = [
  ['cluster', 'Cluster'],
  ['channels', 'Channels'],
  ['tail', 'Tail'],
  ['publish', 'Publish'],
  ['audit', 'Audit'],
  ['settings', 'Settings'],
]

function useHash() {
  const read = () => decodeURIComponent(location.hash.slice(1)) || 'cluster'
  const [hash, setHash] = useState(read)
  useEffect(() => {
    const changed = () => setHash(read())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return hash
}

function Screen({ name, rest }) {
  if (name === 'user') return html`<${User} user=${rest} />`
  if (name === 'channel') return html`<${Channel} channel=${rest} />`
  if (name === 'channels') return html`<${Channels} />`
  if (name === 'tail') return html`<${Tail} />`
  if (name === 'message') return html`<${Message} of=${rest} />`
  if (name === 'publish') return html`<${Publish} />`
  if (name === 'audit') return html`<${Audit} />`
  if (name === 'settings') return html`<${Settings} />`
  return html`<${Cluster} />`
}

function Search() {
  const find = (event) => {
    event.preventDefault()
    const text = new FormData(event.currentTarget).get('find').trim()
    if (text) location.hash = encodeURIComponent(text.startsWith('ch:') ? `channel/${text}` : `user/${text}`)
    event.currentTarget.reset()
  }
  return html`<form class="find" role="search" onSubmit=${find}>
    <label class="unseen" for="find">User, or channel beginning with ch:</label>
    <input id="find" name="find" type="search" placeholder="user or ch:acme/…" autocomplete="off" />
    <button>Show</button>
  </form>`
}

function Theme() {
  const [theme, setTheme] = useState('')
  const next = { '': 'light', light: 'dark', dark: '' }[theme]
  const turn = () => {
    document.documentElement.dataset.theme = next
    setTheme(next)
  }
  return html`<button onClick=${turn}>Colours: ${theme || 'as the system'}</button>`
}

function Page({ session, onSignedOut }) {
  const hash = useHash()
  const [name, rest] = [hash.split('/', 1)[0], hash.slice(hash.indexOf('/') + 1)]
  const title = SCREENS.find(([screen]) => screen === name)?.[1] ?? rest
  useEffect(() => {
    document.title = `${title} – hubwire`
  }, [title])
  const link = ([screen, text]) =>
    html`<li><a href="#${screen}" aria-current=${screen === name ? 'page' : undefined}>${text}</a></li>`
  const signOut = () => remove('/v1/admin/session').finally(onSignedOut)
  const skip = (event) => {
    event.preventDefault()
    document.getElementById('screen').focus()
  }
  return html`<a class="skip" href="#screen" onClick=${skip}>Skip to the screen</a>
    <header>
      <strong>hubwire</strong>
      <nav aria-label="Screens"><ul>${SCREENS.map(link)}</ul></nav>
      <${Search} />
      <span class="who">${session.key} on ${session.node}</span>
      <${Theme} />
      <button onClick=${signOut}>Sign out</button>
    </header>
    <main id="screen" tabindex="-1"><${Screen} name=${name} rest=${rest} key=${hash} /></main>`
}

function App() {
  const [session, setSession] = useState(undefined)
  useEffect(() => {
    get('/v1/admin/session').then(setSession, () => setSession(null))
    return onSignedOut(() => setSession(null))
  }, [])
  if (session === undefined) return null
  if (session === null) return html`<${SignIn} onSignedIn=${setSession} />`
  return html`<${Page} session=${session} onSignedOut=${() => setSession(null)} />`
}

render(html`<${App} />`, document.getElementById('app'))
