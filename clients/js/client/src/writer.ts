import { bytesOf, type Codec, type Part } from './codec.js'

/** Combines what is sent in the same turn into as few frames as the node's limits allow. */
export interface Writer {
  push(part: Part): void
  /** Sends it at once, in a frame of its own. */
  alone(part: Part): void
  flush(): void
  clear(): void
}

export interface FrameLimits {
  actions: number
  bytes: number
}

export function createWriter(codec: Codec, limits: () => FrameLimits, send: (frame: Part) => void): Writer {
  let parts: Part[] = []
  let bytes = 0
  const flush = () => {
    if (!parts.length) return
    const frame = codec.frame(parts)
    parts = []
    bytes = 0
    send(frame)
  }
  return {
    push(part) {
      const size = bytesOf(part) + 1 // the comma
      const { actions, bytes: most } = limits()
      if (parts.length >= actions || bytes + size + 8 > most) flush()
      if (parts.push(part) === 1) queueMicrotask(flush)
      bytes += size
    },
    alone(part) {
      flush()
      send(codec.frame([part]))
    },
    flush,
    clear() {
      parts = []
      bytes = 0
    },
  }
}
