/** Exponential backoff with full jitter, so that clients disconnected together do not reconnect together. */
export function jitter(random: () => number, base: number, cap: number, n: number): number {
  return random() * Math.min(cap, base * 2 ** n)
}
