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
/** A short timer shows that the machine slept, soon after it did. */
const TICK_MS = 2_000

export function createLiveness(environment: Environment, ping: () => void, dead: () => void): Liveness {
  let timer: unknown
  let quiet = 0
  let heard = 0
  let asked = false
  let end = 0 // when the quiet, or the wait for an answer, has lasted too long
  let due = 0 // when the timer should fire

  const arm = (ms: number) => {
    end = environment.now() + ms
    tick()
  }
  const tick = () => {
    environment.clearTimeout(timer)
    const now = environment.now()
    due = Math.min(end, now + TICK_MS)
    timer = environment.setTimeout(check, due - now)
  }
  const ask = (ms: number) => {
    asked = true
    ping()
    arm(ms)
  }
  function check() {
    const now = environment.now()
    // slept: whatever was due then says nothing about now; timers of hidden pages are late anyway
    if (now - due >= LATE_MS && !environment.hidden()) return ask(PROBE_MS)
    if (now < end) return tick()
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
