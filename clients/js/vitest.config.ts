import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: '@hubwire/client/conversations', replacement: source('client/src/conversations/index.ts') },
      { find: '@hubwire/client/history', replacement: source('client/src/history/index.ts') },
      { find: '@hubwire/client/hosting', replacement: source('client/src/hosting/index.ts') },
      { find: '@hubwire/client/people', replacement: source('client/src/people/index.ts') },
      { find: '@hubwire/client/msgpack', replacement: source('client/src/msgpack/index.ts') },
      { find: '@hubwire/client/rpc', replacement: source('client/src/rpc/index.ts') },
      { find: '@hubwire/client/stream', replacement: source('client/src/stream/index.ts') },
      { find: '@hubwire/client/watch', replacement: source('client/src/watch/index.ts') },
      { find: '@hubwire/client/shared', replacement: source('client/src/shared/index.ts') },
      { find: '@hubwire/client', replacement: source('client/src/index.ts') },
      { find: '@hubwire/redux', replacement: source('redux/src/index.ts') },
      { find: '@hubwire/react', replacement: source('react/src/index.ts') },
    ],
  },
  test: {
    include: ['*/tests/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    typecheck: { enabled: true, include: ['*/tests/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
  },
})
