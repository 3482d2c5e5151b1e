import type { Ack, Sent } from './types.js'

export interface Pending {
  readonly sent: Sent
  resolve(ack: Ack): void
  /** `unheard` is called if nobody awaits the promise. */
  reject(error: Error, unheard: () => void): void
}

/** A promise that knows whether it is awaited, and never ends a process by an unhandled rejection. */
class SentPromise extends Promise<Ack> implements Sent {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }
  heard = false
  id = ''
  cancel: () => boolean = () => false
  // biome-ignore lint/suspicious/noThenProperty: to know whether somebody listens
  override then<R = Ack, E = never>(
    fulfilled?: ((value: Ack) => R | PromiseLike<R>) | null,
    rejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    this.heard = true
    return super.then(fulfilled, rejected)
  }
}

export function createPending(id: string, cancel: () => boolean): Pending {
  let resolve!: (ack: Ack) => void
  let reject!: (error: Error) => void
  const sent = new SentPromise((yes, no) => {
    resolve = yes
    reject = no
  })
  sent.catch(() => {})
  sent.heard = false // that was this constructor's own use
  sent.id = id
  sent.cancel = cancel
  return {
    sent,
    resolve,
    reject(error, unheard) {
      reject(error)
      // a send that fails at once may still be awaited: `await` runs in the same turn
      queueMicrotask(() => queueMicrotask(() => sent.heard || unheard()))
    },
  }
}
