/** How far each stream was processed, what must be ignored, and whether the replay after a reconnect is complete. */
export interface Streams {
  /** The last processed position. */
  position(stream: string): string | undefined
  /** The positions of all streams that the filter accepts. */
  positions(take: (stream: string) => boolean): Record<string, string>
  /** Follows a stream from this position, without a replay. */
  begin(stream: string, pos: string): void
  /** Ignores publications of the stream until `answer`, because they are sent again. `top`: where the replay ends. */
  gate(stream: string, top?: string): void
  /** Sets where the replay of a known stream ends. */
  aim(stream: string, top: string): void
  /** `resumed` or `joined`: publications after `pos` count from now on. */
  answer(stream: string, pos: string, top?: string): void
  /** `lag`: the stream continues after `pos`. `false`: it will be replayed. */
  skip(stream: string, pos: string): boolean
  /** Whether a publication is new and wanted; if so, advances the position to it. */
  accept(stream: string, pos: string): boolean
  forget(stream: string): void
  /** The connection ended: no stream is in sync. */
  lost(): void
  /** Whether every stream has reached the position that the log had when the session began. */
  synced(): boolean
}

interface Stream {
  pos?: string
  gated: boolean
  /** The replay is complete at this position; absent: no replay. */
  top?: number | undefined
}

/** The first number of a position determines the order in a stream; the second distinguishes histories. */
export const sequenceOf = (pos: string): number => Number.parseInt(pos, 10)

export function createStreams(): Streams {
  const streams = new Map<string, Stream>()
  const of = (name: string): Stream => {
    let stream = streams.get(name)
    if (!stream) streams.set(name, (stream = { gated: false }))
    return stream
  }
  const moved = (stream: Stream, pos: string) => {
    stream.pos = pos
    if (stream.top !== undefined && !stream.gated && sequenceOf(pos) >= stream.top) stream.top = undefined
  }
  return {
    position: (name) => streams.get(name)?.pos,
    positions(take) {
      const found: Record<string, string> = {}
      for (const [name, { pos }] of streams) if (pos !== undefined && take(name)) found[name] = pos
      return found
    },
    begin: (name, pos) => {
      streams.set(name, { pos, gated: false })
    },
    gate(name, top) {
      const stream = of(name)
      stream.gated = true
      stream.top = top === undefined ? Number.POSITIVE_INFINITY : sequenceOf(top)
    },
    aim(name, top) {
      const stream = of(name)
      if (stream.top === undefined && !stream.gated) return
      stream.top = sequenceOf(top)
      if (stream.pos !== undefined) moved(stream, stream.pos)
    },
    answer(name, pos, top) {
      const stream = of(name)
      stream.gated = false
      if (top !== undefined) stream.top = sequenceOf(top)
      else if (stream.top === Number.POSITIVE_INFINITY) stream.top = undefined // the node does not state where it ends
      moved(stream, pos)
    },
    skip(name, pos) {
      const stream = of(name)
      if (!stream.gated) moved(stream, pos)
      return !stream.gated
    },
    accept(name, pos) {
      const stream = of(name)
      if (stream.gated || (stream.pos !== undefined && sequenceOf(pos) <= sequenceOf(stream.pos))) return false
      moved(stream, pos)
      return true
    },
    forget: (name) => {
      streams.delete(name)
    },
    lost() {
      for (const stream of streams.values()) {
        stream.gated = true
        stream.top = Number.POSITIVE_INFINITY
      }
    },
    synced: () => [...streams.values()].every((stream) => stream.top === undefined),
  }
}
