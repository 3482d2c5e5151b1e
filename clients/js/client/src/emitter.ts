/** Handlers by key. An exception of one is reported and does not affect the others. */
export interface Emitter {
  on(key: string, handler: (value: never) => void): () => void
  emit(key: string, value: unknown): void
  has(key: string): boolean
}

export function createEmitter(thrown: (error: unknown) => void): Emitter {
  const handlers = new Map<string, Set<{ run(value: unknown): void }>>()
  return {
    on(key, handler) {
      const entry = { run: handler as (value: unknown) => void } // a new object: a function may be added twice
      const set = handlers.get(key) ?? new Set()
      handlers.set(key, set.add(entry))
      return () => {
        set.delete(entry)
        if (!set.size && handlers.get(key) === set) handlers.delete(key)
      }
    },
    emit(key, value) {
      for (const entry of [...(handlers.get(key) ?? [])]) {
        try {
          entry.run(value)
        } catch (error) {
          thrown(error)
        }
      }
    },
    has: (key) => handlers.has(key),
  }
}
