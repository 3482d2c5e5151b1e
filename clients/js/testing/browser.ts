import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { launchBrowser } from './chromium.mjs'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Chromium, and a site with the clients in it. */
export interface Site {
  readonly browser: Browser
  /** Its empty page; `window.hubwire` has the clients. */
  readonly url: string
  stop(): Promise<void>
}

/** `scripts`: further files of the site, by name, as TypeScript or JavaScript. */
export async function startSite(scripts: Record<string, string> = {}): Promise<Site> {
  const files = new Map<string, string>([
    ['/', '<!doctype html><title>hubwire</title><script src="/page.js"></script>'],
  ])
  files.set('/page.js', await bundle(PAGE))
  for (const [name, contents] of Object.entries(scripts)) files.set(`/${name}`, await bundle(contents))
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname
    const file = files.get(path)
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': path.endsWith('.js') ? 'text/javascript' : 'text/html',
    })
    response.end(file ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const browser = await launchBrowser()
  return {
    browser,
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      await browser.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const PAGE = `
import { createHub } from '@hubwire/client'
import { msgpack } from '@hubwire/client/msgpack'
import { createSharedHub } from '@hubwire/client/shared'
import { webSocketOrStream } from '@hubwire/client/stream'
Object.assign(globalThis, { hubwire: { createHub, createSharedHub, msgpack, webSocketOrStream } })
`

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, loader: 'ts', resolveDir: source('.') },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    alias: {
      '@hubwire/client': source('../client/src/index.ts'),
      '@hubwire/client/msgpack': source('../client/src/msgpack/index.ts'),
      '@hubwire/client/shared': source('../client/src/shared/index.ts'),
      '@hubwire/client/stream': source('../client/src/stream/index.ts'),
    },
  })
  return outputFiles[0]?.text ?? ''
}
