// One order: a table that is edited in place, who else is in it, and what is said about it.

import { openOrder } from './order-log.js'
import { html, useEffect, useMemo, useRef, useState } from './preact.js'
import { hueOf, moneyOf, STATUSES, totalOf } from './seed.js'
import { Avatar } from './signin.js'
import { useStore } from './store.js'

const COLUMNS = [
  { field: 'name', label: 'product', toText: (value) => value, toValue: (text) => text },
  { field: 'quantity', label: 'quantity', toText: String, toValue: amountOf },
  { field: 'price', label: 'price', toText: (value) => (value / 100).toFixed(2), toValue: centsOf },
]

function amountOf(text) {
  const amount = Number(text)
  return Number.isInteger(amount) && amount >= 0 ? amount : undefined
}

function centsOf(text) {
  const cents = Math.round(Number(text) * 100)
  return Number.isFinite(cents) && cents >= 0 ? cents : undefined
}

/** The view of an order for as long as it is open. */
export function OrderView({ hub, link, org, id, lobby, nameOf, onClose }) {
  const model = useMemo(() => openOrder({ hub, link, org, id, summarise: lobby.summarise }), [org, id])
  useEffect(() => {
    lobby.setOrder(id)
    return () => {
      model.close()
      lobby.setOrder('')
    }
  }, [model])
  const { order, loaded, pending, notice, people, pointers } = useStore(model.store)
  const frame = useRef()
  const others = people.filter(({ user }) => user !== hub.user)

  const pointed = ({ clientX, clientY }) => {
    const box = frame.current.getBoundingClientRect()
    model.setPointer({ x: (clientX - box.left) / box.width, y: (clientY - box.top) / box.height })
  }
  return html`<section aria-label=${`Order ${id}`} class="order-view">
    <header class="order-head">
      <h2>Order ${id}</h2>
      <${Status} order=${order} pending=${pending} model=${model} />
      <ul class="faces" aria-label="Here">
        ${people.map(
          ({ user, sessions }) => html`<li key=${user} class=${sessions ? '' : 'leaving'} title=${nameOf(user)}>
            <${Avatar} user=${user} name=${nameOf(user)} /><span class="sr">${nameOf(user)}</span>
          </li>`,
        )}
      </ul>
      <span class="muted">${others.length ? `${others.map(({ user }) => nameOf(user)).join(', ')} here too` : 'only you are here'}</span>
      <button type="button" class="quiet" onClick=${onClose}>Close order</button>
    </header>
    ${
      notice &&
      html`<p class="notice" role="status">
      ${notice}
      <button type="button" class="quiet" aria-label="Dismiss the notice" onClick=${model.dismiss}>×</button>
    </p>`
    }
    <div class="frame" ref=${frame} onPointerMove=${pointed} aria-busy=${!loaded}>
      <${Lines} order=${order} pending=${pending} model=${model} nameOf=${nameOf} />
      ${[...pointers].map(([user, place]) => html`<${Pointer} key=${user} place=${place} user=${user} name=${nameOf(user)} />`)}
    </div>
    <${Comments} order=${order} pending=${pending} model=${model} nameOf=${nameOf} />
  </section>`
}

function Status({ order, pending, model }) {
  const edit = pending.findLast(({ field }) => field === 'status')
  return html`<label class=${`status ${edit?.state ?? ''}`}>
    <span class="sr">Status</span>
    <select aria-label="Status" value=${edit?.value ?? order.status} onChange=${(event) => model.setStatus(event.target.value)}>
      ${STATUSES.map((status) => html`<option key=${status} value=${status} selected=${status === (edit?.value ?? order.status)}>${status}</option>`)}
    </select>
  </label>`
}

function Lines({ order, pending, model, nameOf }) {
  const { focus } = useStore(model.store)
  const editors = (line, field) =>
    [...focus].filter(([, place]) => Object(place).line === line && place.field === field).map(([user]) => user)
  return html`<table aria-label="Lines">
    <thead>
      <tr>
        <th scope="col">Product</th>
        <th scope="col" class="amount">Quantity</th>
        <th scope="col" class="amount">Price</th>
        <th scope="col" class="amount">Sum</th>
      </tr>
    </thead>
    <tbody>
      ${order.lines.map(
        (values, line) => html`<tr key=${line}>
          ${COLUMNS.map(
            (column) => html`<td key=${column.field}>
              <${Cell}
                column=${column}
                line=${line}
                value=${values[column.field]}
                edit=${pending.findLast((edit) => edit.line === line && edit.field === column.field)}
                editors=${editors(line, column.field)}
                model=${model}
                nameOf=${nameOf}
              />
            </td>`,
          )}
          <td class="amount">${moneyOf(values.quantity * values.price)}</td>
        </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" colspan="3">Total</th>
        <td class="amount" aria-label="Total">${moneyOf(totalOf(order))}</td>
      </tr>
    </tfoot>
  </table>`
}

/** A field of a line. What is typed stays here until it is left; then it is one action. */
function Cell({ column, line, value, edit, editors, model, nameOf }) {
  const { field, label, toText, toValue } = column
  const [draft, setDraft] = useState(undefined)
  const shown = toText(edit ? edit.value : value)
  const finish = () => {
    const typed = draft === undefined ? undefined : toValue(draft)
    setDraft(undefined)
    if (typed !== undefined && typed !== (edit ? edit.value : value)) model.setLine(line, field, typed)
  }
  const blur = () => {
    finish()
    model.setFocus(undefined)
  }
  const key = (event) => {
    if (event.key === 'Enter') finish()
    if (event.key === 'Escape') setDraft(undefined)
  }
  return html`<div class=${`cell ${edit?.state ?? 'confirmed'}`}>
    <input
      aria-label=${`Line ${line + 1} ${label}`}
      aria-invalid=${edit?.state === 'refused'}
      class=${field === 'name' ? '' : 'amount'}
      inputmode=${field === 'name' ? 'text' : 'decimal'}
      value=${draft ?? shown}
      onFocus=${() => model.setFocus({ line, field })}
      onInput=${(event) => setDraft(event.target.value)}
      onKeyDown=${key}
      onBlur=${blur}
    />
    ${editors.map((user) => html`<span key=${user} class=${`flag hue-${hueOf(user)}`}>${nameOf(user)}</span>`)}
    ${edit?.state === 'refused' && html`<${Refused} edit=${edit} model=${model} />`}
  </div>`
}

function Refused({ edit, model }) {
  return html`<p class="refused-note">
    ${edit.reason} <button type="button" onClick=${() => model.undo(edit.id)}>Undo</button>
  </p>`
}

function Pointer({ place, user, name }) {
  const { x, y } = Object(place)
  if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) return null
  return html`<span class=${`pointer hue-${hueOf(user)}`} style=${{ left: `${x * 100}%`, top: `${y * 100}%` }} aria-hidden="true">
    ${name}
  </span>`
}

function Comments({ order, pending, model, nameOf }) {
  const { typing } = useStore(model.store)
  const [text, setText] = useState('')
  const submit = (event) => {
    event.preventDefault()
    if (!text.trim()) return
    model.comment(text.trim())
    model.setTyping(false)
    setText('')
  }
  const waiting = pending.filter(({ field }) => field === 'comment')
  const typists = [...typing.keys()].map(nameOf)
  return html`<section aria-label="Comments" class="comments">
    <h3>Comments</h3>
    <ol class="messages">
      ${order.comments.map(({ from, text, pos }) => html`<li key=${pos}><strong>${nameOf(from)}</strong> ${text}</li>`)}
      ${waiting.map(
        (edit) => html`<li key=${edit.id} class=${edit.state}>
          ${edit.value.slice(0, 200)} ${edit.state === 'refused' && html`<${Refused} edit=${edit} model=${model} />`}
        </li>`,
      )}
    </ol>
    <p class="muted typing" role="status">${typists.length > 0 && `${typists.join(', ')} ${typists.length > 1 ? 'are' : 'is'} typing`}</p>
    <form class="row" onSubmit=${submit}>
      <input
        aria-label="Comment"
        placeholder="Comment"
        value=${text}
        onInput=${(event) => {
          setText(event.target.value)
          model.setTyping(event.target.value !== '')
        }}
      />
      <button type="submit">Comment</button>
    </form>
  </section>`
}
