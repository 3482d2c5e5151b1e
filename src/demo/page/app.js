// The page: who one is, and then the desk with its three columns and the bar above them.
import { Controls, FrameLog, Pill } from './bar.js'
import { Colleagues, Organisations } from './colleagues.js'
import { Announce, Conversation } from './conversation.js'
import { openHub } from './hub.js'
import { openInbox } from './inbox.js'
import { openLobby } from './lobby.js'
import { OrderView } from './order-view.js'
import { Orders } from './orders.js'
import { html, render, useEffect, useMemo, useState } from './preact.js'
import { Avatar, fetchPeople, fetchTicket, SignIn } from './signin.js'
import { useStore } from './store.js'
import { createToasts, followAnnouncements, Toasts } from './toasts.js'

const PANES = ['people', 'orders', 'messages']

/** `#acme/1842`: the organisation and the open order. */
function placeOf(hash) {
  const [org = '', order = ''] = hash.slice(1).split('/').map(decodeURIComponent)
  return { org, order }
}

function usePlace() {
  const [place, setPlace] = useState(placeOf(location.hash))
  useEffect(() => {
    const changed = () => setPlace(placeOf(location.hash))
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  const go = (org, order = '') => {
    location.hash = order ? `${org}/${order}` : org
  }
  return [place, go]
}

function App({ people }) {
  const user = new URLSearchParams(location.search).get('user')
  const [token, setToken] = useState('')
  const [codec, setCodec] = useState('JSON')
  if (!(people && user) && !token) return html`<${SignIn} people=${people} onToken=${setToken} />`
  return html`<${Desk} key=${codec} user=${user} token=${token} people=${people ?? []} codec=${codec} onCodec=${setCodec} />`
}

/** Everything that lives as long as one hub. */
function Desk({ user, token, people, codec, onCodec }) {
  const connection = useMemo(() => openHub({ token, codec, ticketOf: () => fetchTicket(user) }), [])
  const inbox = useMemo(() => openInbox(connection), [])
  const toasts = useMemo(createToasts, [])
  const { orgs, memberships } = useStore(connection.orgs)
  const { user: me = user ?? '' } = useStore(connection.link)
  const [place, go] = usePlace()
  const [peer, setPeer] = useState('')
  const [pane, setPane] = useState('orders')
  const [showsFrames, setShowsFrames] = useState(false)
  const nameOf = (id) => people.find((person) => person.user === id)?.name ?? id
  const { hub } = connection
  useEffect(() => {
    hub.on('error', ({ code, message }) => toasts.show('Refused', `${code}: ${message}`, 'bad'))
    hub.connect().catch(() => {})
    return () => {
      inbox.close()
      connection.close()
    }
  }, [])
  useEffect(() => {
    document.title = me ? `${nameOf(me)} – hubwire demo` : 'hubwire demo'
  }, [me])
  const org = orgs.includes(place.org) ? place.org : orgs[0]
  const choosePeer = (chosen) => {
    setPeer(chosen)
    if (chosen) setPane('messages')
  }
  return html`
    <a class="skip" href="#orders" onClick=${(event) => {
      event.preventDefault()
      document.getElementById('orders').focus()
    }}>Skip to the orders</a>
    <header class="bar">
      <span class="me"><${Avatar} user=${me} name=${nameOf(me)} /><h1>${nameOf(me)}</h1><a href="/">change</a></span>
      <${Pill} link=${connection.link} />
      <${Controls} toasts=${toasts} isDevelopment=${people.length > 0} connection=${connection} codec=${codec} onCodec=${onCodec} showsFrames=${showsFrames}
        onFrames=${() => setShowsFrames(!showsFrames)} />
    </header>
    <nav class="panes" aria-label="Panes">
      ${PANES.map(
        (name) =>
          html`<button type="button" key=${name} aria-pressed=${pane === name} onClick=${() => setPane(name)}>${name}</button>`,
      )}
    </nav>
    ${
      org &&
      html`<${Organisation} key=${org} org=${org} orgs=${orgs} memberships=${memberships} connection=${connection} inbox=${inbox}
      toasts=${toasts} people=${people} me=${me} nameOf=${nameOf} order=${place.order} go=${go} peer=${peer} onPeer=${choosePeer} pane=${pane} />`
    }
    ${showsFrames && html`<${FrameLog} frames=${connection.frames} />`}
    <${Toasts} toasts=${toasts} />
  `
}

/** The three columns, for as long as one organisation is chosen. */
function Organisation({
  org,
  orgs,
  memberships,
  connection,
  inbox,
  toasts,
  people,
  me,
  nameOf,
  order,
  go,
  peer,
  onPeer,
  pane,
}) {
  const { hub, link } = connection
  const lobby = useMemo(() => openLobby({ hub, org }), [])
  const teams = memberships[org]?.teams ?? []
  useEffect(() => lobby.close, [])
  useEffect(() => followAnnouncements({ hub, org, teams, toasts, nameOf }), [teams.join()])
  const isOrder = lobby.store.get().summaries.has(order)
  useEffect(() => {
    if (!isOrder) hub.view(null) // another order takes the view over in one step
  }, [isOrder])
  return html`<main class=${`desk shows-${pane}`}>
    <div class="pane people-pane">
      <${Organisations} orgs=${orgs} memberships=${memberships} org=${org} onOrg=${(name) => go(name)} />
      <${Colleagues} people=${people} org=${org} me=${me} lobby=${lobby} inbox=${inbox} nameOf=${nameOf} peer=${peer} onPeer=${onPeer} />
    </div>
    <div class="pane orders-pane" id="orders" tabindex="-1">
      <${Orders} lobby=${lobby} me=${me} open=${isOrder ? order : ''} nameOf=${nameOf} onOpen=${(id) => go(org, id)} />
      ${
        isOrder &&
        html`<${OrderView} key=${order} hub=${hub} link=${link} org=${org} id=${order} lobby=${lobby} nameOf=${nameOf}
        onClose=${() => go(org)} />`
      }
    </div>
    <div class="pane messages-pane">
      <${Conversation} inbox=${inbox} me=${me} peer=${peer} nameOf=${nameOf} onPeer=${onPeer} />
      <${Announce} hub=${hub} org=${org} teams=${teams} toasts=${toasts} />
    </div>
  </main>`
}

render(html`<${App} people=${await fetchPeople()} />`, document.getElementById('app'))
