import type { Environment, Surroundings } from '../client/src/environment.js'

/** Virtual time, chance and surroundings. */
export interface Clock extends Environment {
  /** Lets time pass, and what is due run. */
  advance(ms: number): Promise<void>
  /** Time passes and no timer runs until the end: the machine slept. */
  sleep(ms: number): Promise<void>
  happen(what: Surroundings): void
  isHidden: boolean
  chance: number
}

interface Timer {
  at: number
  run(): void
}

/** Lets what was promised happen. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function virtualClock(): Clock {
  let now = 1_000
  const timers = new Set<Timer>()
  const listeners = new Set<(what: Surroundings) => void>()
  const next = (until: number): Timer | undefined =>
    [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0]
  const clock: Clock = {
    chance: 0.5,
    isHidden: false,
    now: () => now,
    date: () => 1_700_000_000_000 + now,
    setTimeout(run, ms) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return timer
    },
    clearTimeout: (timer) => {
      timers.delete(timer as Timer)
    },
    random: () => clock.chance,
    hidden: () => clock.isHidden,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    happen: (what) => listeners.forEach((listener) => listener(what)),
    async advance(ms) {
      const end = now + ms
      await settle()
      for (let timer = next(end); timer; timer = next(end)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.run()
        await settle()
      }
      now = end
    },
    async sleep(ms) {
      now += ms
      await clock.advance(0)
    },
  }
  return clock
}
