// The list of an organisation's orders, each with its status, its sum and who has it open.
import { html } from './preact.js'
import { moneyOf } from './seed.js'
import { Avatar } from './signin.js'
import { useStore } from './store.js'

export function Orders({ lobby, me, open, onOpen, nameOf }) {
  const { summaries, where, online } = useStore(lobby.store)
  const orderOf = (user) => (user === me ? open : Object(where.get(user)).order)
  const readers = (id) => online.filter((user) => orderOf(user) === id)
  return html`<section aria-label="Orders" class="orders">
    <h2>Orders</h2>
    <ul class="list columns">
      ${[...summaries].map(([id, { status, total }]) => {
        const here = readers(id)
        const names = here.map(nameOf).join(', ')
        return html`<li key=${id}>
          <button
            type="button"
            class="entry order"
            aria-pressed=${open === id}
            onClick=${() => onOpen(id)}
          >
            <strong><span class="sr">Order </span>${id}</strong>
            <span class=${`tag status-${status}`}>${status}</span>
            <span class="faces">${here.map((user) => html`<${Avatar} key=${user} user=${user} name=${nameOf(user)} />`)}</span>
            ${names && html`<span class="sr">open: ${names}</span>`}
            <span class="amount">${moneyOf(total)}</span>
          </button>
        </li>`
      })}
    </ul>
  </section>`
}
