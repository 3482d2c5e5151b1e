import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { bundles, PAGE } from '../build.mjs'

test('the committed bundles of the demo are those of this client', async () => {
  for (const [name, text] of Object.entries(await bundles())) {
    expect((await readFile(PAGE + name, 'utf8')) === text, `${name} is stale; run: node demo/build.mjs`).toBe(true)
  }
})
