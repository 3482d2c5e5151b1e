import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { index: 'src/index.ts', msgpack: 'src/msgpack/index.ts', shared: 'src/shared/index.ts' },
  deps: { neverBundle: ['@hubwire/client'] },
  format: ['esm', 'cjs'],
  target: 'es2020',
  platform: 'neutral',
  fixedExtension: false,
  dts: true,
  clean: true,
})
