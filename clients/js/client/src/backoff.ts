/** Full jitter: clients that lost the same node do not come back in step. */
export function jitter(random: () => number, base: number, cap: number, n: number): number {
  return random() * Math.min(cap, base * 2 ** n)
}
