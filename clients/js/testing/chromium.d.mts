import type { Browser } from 'playwright-core'

/** Of the system, or at `CHROMIUM`. */
export function launchBrowser(): Promise<Browser>
