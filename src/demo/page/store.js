// A value that tells who looks at it when it changes.
import { useEffect, useState } from './preact.js'

export function createStore(value) {
  const listeners = new Set()
  return {
    get: () => value,
    /** Replaces the value, or some of its fields. */
    set(next) {
      value = typeof next === 'function' ? next(value) : { ...value, ...next }
      for (const listener of [...listeners]) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The store's value, in a component that renders again when it changes. */
export function useStore(store) {
  const [, render] = useState(0)
  const rendered = store.get()
  useEffect(() => {
    const again = () => render((n) => n + 1)
    if (store.get() !== rendered) again() // it changed between the rendering and now
    return store.subscribe(again)
  }, [store])
  return rendered
}
