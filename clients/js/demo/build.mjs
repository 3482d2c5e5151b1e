// Builds what the demo's page (src/demo/page) takes from packages. The two files are committed, so that `cargo build` needs
// no JavaScript; a test fails when they are stale. Run: node demo/build.mjs
import { writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Where the page's files are. */
export const PAGE = here('../../../src/demo/page/')

const FILES = {
  'hubwire.js': {
    banner: '/* @hubwire/client, built by clients/js/demo/build.mjs */',
    contents: `export { createHub, HubError, json } from '@hubwire/client'
               export { msgpack } from '@hubwire/client/msgpack'`,
  },
  'preact.js': {
    banner:
      '/* preact, (c) Jason Miller, MIT licence; htm, (c) Google Inc., Apache-2.0. Built by clients/js/demo/build.mjs */',
    contents: `import { h } from 'preact'
               import htm from 'htm'
               export { render } from 'preact'
               export { useEffect, useMemo, useRef, useState } from 'preact/hooks'
               export const html = htm.bind(h)`,
    minify: true,
  },
}

/** The content of both, by name. */
export async function bundles() {
  const entries = Object.entries(FILES).map(async ([name, { banner, contents, minify = false }]) => {
    const { outputFiles } = await build({
      stdin: { contents, loader: 'ts', resolveDir: here('.') },
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      minify,
      legalComments: 'none',
      banner: { js: banner },
      alias: {
        '@hubwire/client': here('../client/src/index.ts'),
        '@hubwire/client/msgpack': here('../client/src/msgpack/index.ts'),
      },
    })
    return [name, outputFiles[0].text]
  })
  return Object.fromEntries(await Promise.all(entries))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of Object.entries(await bundles())) await writeFile(PAGE + name, text)
}
