import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    conversations: 'src/conversations/index.ts',
    history: 'src/history/index.ts',
    hosting: 'src/hosting/index.ts',
    msgpack: 'src/msgpack/index.ts',
    people: 'src/people/index.ts',
    rpc: 'src/rpc/index.ts',
    shared: 'src/shared/index.ts',
    stream: 'src/stream/index.ts',
    watch: 'src/watch/index.ts',
  },
  deps: { neverBundle: ['@hubwire/client'] },
  format: ['esm', 'cjs'],
  target: 'es2020',
  platform: 'neutral',
  fixedExtension: false,
  // a page whose `lib` does not have it finds the type of `await using` there
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  dts: true,
  clean: true,
})
