// What an organisation and its teams tell everybody, and what this page has to say about itself.
import { html } from './preact.js'
import { createStore, useStore } from './store.js'

const SHOWN_MS = 12_000
const SHOWN_MAX = 5

export function createToasts() {
  const store = createStore([])
  let counter = 0
  const remove = (n) => store.set((toasts) => toasts.filter((toast) => toast.n !== n))
  return {
    store,
    remove,
    /** `tone`: `event`, `good` or `bad`. */
    show(title, text, tone = 'event') {
      const n = ++counter
      store.set((toasts) => [...toasts, { n, title, text, tone }].slice(-SHOWN_MAX))
      setTimeout(() => remove(n), SHOWN_MS)
    },
  }
}

/** Shows the announcements of an organisation and of the user's teams in it. */
export function followAnnouncements({ hub, org, teams, toasts, nameOf }) {
  const show = ({ type, payload, meta }) => {
    const text = Object(payload).text
    if (type !== 'announcement' || typeof text !== 'string') return
    const { from, to } = meta.hub
    toasts.show(`${from === undefined ? 'The server' : nameOf(from)} to ${to}`, text)
  }
  const undo = [hub.org(org).on(show), ...teams.map((team) => hub.team(`${org}/${team}`).on(show))]
  return () => undo.forEach((run) => run())
}

export function Toasts({ toasts }) {
  const shown = useStore(toasts.store)
  return html`<div class="toasts" role="status" aria-label="Toasts"><ul>
    ${shown.map(
      ({ n, title, text, tone }) => html`<li key=${n} class=${`toast ${tone}`}>
        <div><strong>${title}</strong><p>${text}</p></div>
        <button type="button" class="quiet" aria-label=${`Dismiss: ${text}`} onClick=${() => toasts.remove(n)}>×</button>
      </li>`,
    )}
  </ul></div>`
}
