import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  target: 'es2020',
  platform: 'neutral',
  fixedExtension: false,
  dts: true,
  clean: true,
})
