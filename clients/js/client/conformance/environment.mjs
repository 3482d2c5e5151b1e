/** The environment of a client in Node, controlled by a scenario: a wrong wall clock, and the hints that a browser gives. */
export function steerable() {
  const listeners = new Set()
  let offset = 0
  let hidden = false
  return {
    now: () => performance.now(),
    date: () => Date.now() + offset,
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    random: () => Math.random(),
    hidden: () => hidden,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    shift: (byMs) => {
      offset += byMs
    },
    hint(hint) {
      hidden = hint === 'hidden'
      if (!hidden) for (const listener of listeners) listener(hint)
    },
  }
}
