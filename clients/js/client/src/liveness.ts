import type { Environment } from './environment.js'

/** Detects that the other side is gone, although the socket does not report it. */
export interface Liveness {
  start(quietMs: number): void
  stop(): void
  /** Any frame proves that the node is alive. */
  received(): void
  /** Ping now: the machine woke up, or the network changed. */
  probe(): void
}

const ANSWER_MS = 10_000
const PROBE_MS = 3_000
const LATE_MS = 5_000
/** A short timer detects soon after waking that the machine was asleep. */
const TICK_MS = 2_000

export function createLiveness(environment: Environment, ping: () => void, dead: () => void): Liveness {
  let timer: unknown
  let quiet = 0
  let heard = 0
  let asked = false
  let end = 0 // when the silence, or the wait for an answer, has lasted too long
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
    // asleep: deadlines that passed meanwhile mean nothing; timers of hidden pages are always late
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
      // one timer for many frames: it checks `heard` when it fires
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
