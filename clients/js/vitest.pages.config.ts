import { defineConfig } from 'vitest/config'

/** The pages in Chromium, against a cluster behind HAProxy: minutes, and on their own. */
export default defineConfig({
  test: { include: ['demo/tests/*.page.ts'], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 1 },
})
