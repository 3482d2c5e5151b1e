// What several screens are made of: polling, times, numbers, sparklines, and acts that say what became of them.
import { html, useEffect, useRef, useState } from './preact.js'

const EVERY_MS = 5_000

/** What `ask` answers, asked again every five seconds while somebody looks. */
export function usePolled(ask, dependencies) {
  const [state, setState] = useState({ found: null, error: null })
  const again = useRef(() => {})
  useEffect(() => {
    let current = true
    const once = async () => {
      try {
        const found = await ask()
        if (current) setState({ found, error: null })
      } catch (error) {
        if (current) setState((before) => ({ ...before, error }))
      }
    }
    again.current = once
    setState({ found: null, error: null })
    once()
    const timer = setInterval(() => document.visibilityState === 'visible' && once(), EVERY_MS)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, dependencies)
  return { ...state, again: () => again.current() }
}

export function Problem({ error }) {
  return error && html`<p class="problem" role="alert">${error.message}</p>`
}

const numbers = new Intl.NumberFormat('en')
export const number = (value) => (value === undefined || value === null ? '–' : numbers.format(value))

/** A number with its noun, which gets an `s` unless the number is one. */
export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? '' : 's'}`

export function bytes(value) {
  if (value === undefined || value === null) return '–'
  if (value < 1024) return `${value} B`
  return value < 1024 * 1024 ? `${(value / 1024).toFixed(1)} KiB` : `${(value / 1024 / 1024).toFixed(1)} MiB`
}

/** A time as people read it; hovering shows it to the second. */
export function Since({ ms }) {
  if (!ms) return '–'
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000))
  const [size, unit] =
    seconds < 60 ? [1, 's'] : seconds < 3600 ? [60, 'min'] : seconds < 86_400 ? [3600, 'h'] : [86_400, 'd']
  const at = new Date(ms).toISOString()
  return html`<time datetime=${at} title=${at}>${Math.floor(seconds / size)} ${unit}</time>`
}

/** The course of a value, oldest first; a picture beside the number that says the same. */
export function Sparkline({ values, label }) {
  const [width, height] = [120, 22]
  const top = Math.max(1, ...values)
  const x = (n) => ((n * width) / Math.max(1, values.length - 1)).toFixed(1)
  const points = values.map((value, n) => `${x(n)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`).join(' ')
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}: at most ${number(top)}">
    <polyline points=${points} />
  </svg>`
}

/** A table with a caption for whoever does not see where it stands. */
export function Table({ caption, heads, children }) {
  const head = (text) => html`<th scope="col">${text}</th>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="unseen">${caption}</caption>
      <thead><tr>${heads.map(head)}</tr></thead>
      <tbody>${children}</tbody>
    </table>
  </div>`
}

/** A form for one act: says what became of it below. `act` gets the form's fields and returns what to say. */
export function Act({ label, act, danger = false, children }) {
  const [said, setSaid] = useState(null)
  const [busy, setBusy] = useState(false)
  const submit = async (event) => {
    event.preventDefault()
    const form = event.currentTarget
    setBusy(true)
    try {
      setSaid({ text: await act(new FormData(form)) })
      form.reset()
    } catch (error) {
      setSaid({ text: error.message, bad: true })
    }
    setBusy(false)
  }
  return html`<form class="act" onSubmit=${submit}>
    ${children}
    <button class=${danger ? 'danger' : ''} disabled=${busy}>${label}</button>
    <span class=${said?.bad ? 'problem' : 'done'} role="status">${said?.text}</span>
  </form>`
}
