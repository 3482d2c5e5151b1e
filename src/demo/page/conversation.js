// The right side: a conversation, and announcements to an organisation or one of its teams.
import { html, useEffect, useRef, useState } from './preact.js'
import { useStore } from './store.js'

const MARKS = {
  sending: 'sending…',
  sent: 'sent',
  delivered: 'delivered',
  waiting: 'waiting for them',
  read: 'read',
  refused: 'refused',
}

export function Conversation({ inbox, me, peer, nameOf, onPeer }) {
  useStore(inbox.store)
  const [text, setText] = useState('')
  const end = useRef()
  const messages = peer ? inbox.conversation(peer) : []
  const unread = peer ? inbox.unread(peer) : 0
  useEffect(() => {
    const read = () => peer && !document.hidden && inbox.read(peer)
    read()
    document.addEventListener('visibilitychange', read)
    return () => document.removeEventListener('visibilitychange', read)
  }, [peer, unread])
  useEffect(() => {
    if (end.current) end.current.scrollTop = end.current.scrollHeight
  }, [peer, messages.length])
  if (!peer) {
    return html`<section aria-label="Conversation"><h2>Messages</h2>
      <p class="muted">Pick a colleague. Messages wait for whoever is not there.</p>
    </section>`
  }
  const submit = (event) => {
    event.preventDefault()
    if (!text.trim()) return
    inbox.send(peer, text.trim())
    setText('')
  }
  return html`<section aria-label="Conversation" class="conversation">
    <header class="row">
      <h2 class="grow">${nameOf(peer)}</h2>
      <button type="button" class="quiet" onClick=${() => onPeer('')}>Close conversation</button>
    </header>
    <ol class="messages" ref=${end} tabindex="0" aria-label=${`Messages with ${nameOf(peer)}`}>
      ${messages.map(
        ({
          id,
          from,
          text,
          state,
          reason,
        }) => html`<li key=${id} class=${`bubble ${from === me ? 'mine' : ''} ${state}`}>
          ${text}
          ${from === me && html`<small>${reason ? `${MARKS[state]}: ${reason}` : MARKS[state]}</small>`}
        </li>`,
      )}
    </ol>
    <form class="row" onSubmit=${submit}>
      <input
        aria-label=${`Message to ${nameOf(peer)}`}
        placeholder=${`Message to ${nameOf(peer)}`}
        value=${text}
        onInput=${(event) => setText(event.target.value)}
      />
      <button type="submit">Send</button>
    </form>
  </section>`
}

/** Everybody may try; the node decides by its rules and the refusal is shown. */
export function Announce({ hub, org, teams, toasts }) {
  const [text, setText] = useState('')
  const [to, setTo] = useState('')
  const targets = [`org:${org}`, ...teams.map((team) => `team:${org}/${team}`)]
  const target = targets.includes(to) ? to : targets[0]
  const submit = async (event) => {
    event.preventDefault()
    if (!text.trim()) return
    try {
      await hub.send(target, { type: 'announcement', payload: { text: text.trim() } })
      setText('')
    } catch ({ code, message }) {
      toasts.show('Refused', `${code}: ${message}`, 'bad')
    }
  }
  return html`<section aria-label="Announce" class="announce">
    <h2>Announce</h2>
    <form onSubmit=${submit}>
      <select aria-label="Announce to" value=${target} onChange=${(event) => setTo(event.target.value)}>
        ${targets.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
      </select>
      <div class="row">
        <input aria-label="Announcement" placeholder="To everybody there" value=${text} onInput=${(event) => setText(event.target.value)} />
        <button type="submit">Announce</button>
      </div>
    </form>
  </section>`
}
