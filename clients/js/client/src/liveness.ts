import type { Environment } from './environment.js'

/** Notices that the other side is gone, although the socket does not say so. */
export interface Liveness {
  start(quietMs: number): void
  stop(): void
  /** Any frame is a sign of life. */
  received(): void
  /** Ask now: the machine woke up, the network changed. */
  probe(): void
}

const ANSWER_MS = 10_000
const PROBE_MS = 3_000
const LATE_MS = 5_000

export function createLiveness(environment: Environment, ping: () => void, dead: () => void): Liveness {
  let timer: unknown
  let quiet = 0
  let heard = 0
  let asked = false
  let due = 0

  const arm = (ms: number) => {
    environment.clearTimeout(timer)
    due = environment.now() + ms
    timer = environment.setTimeout(check, ms)
  }
  const ask = (ms: number) => {
    asked = true
    ping()
    arm(ms)
  }
  function check() {
    const now = environment.now()
    if (now - due >= LATE_MS) return ask(PROBE_MS) // slept: whatever was due then says nothing about now
    if (asked) return dead()
    const left = heard + quiet - now
    if (left > 0) arm(left)
    else ask(ANSWER_MS)
  }
  return {
    start(quietMs) {
      quiet = quietMs
      heard = environment.now()
      asked = false
      arm(quiet)
    },
    stop() {
      environment.clearTimeout(timer)
      quiet = 0
    },
    received() {
      // one timer for many frames: it looks at `heard` when it fires
      heard = environment.now()
      if (asked && quiet) {
        asked = false
        arm(quiet)
      }
    },
    probe() {
      if (quiet) ask(PROBE_MS)
    },
  }
}
