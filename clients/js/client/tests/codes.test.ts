import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { verdictOf } from '../src/codes.js'

// Compares the tables of the client with those of the node.
const source = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')

test('every error code of the node is a type of the client', () => {
  const known = source('clients/js/client/src/codes.ts')
  const codes = [...source('docs/protocol.md').matchAll(/^\| `([a-z_]+)` \| (?:yes)? ?\|/gm)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(15)
  for (const code of codes) expect(known).toContain(`'${code}'`)
})

test('every close code of the node has the verdict of its range', () => {
  const codes = [...source('docs/protocol.md').matchAll(/^\| (\d{4}) \| /gm)].map(([, code]) => Number(code))
  expect(codes).toContain(4401)
  const verdicts = Object.fromEntries(codes.map((code) => [code, verdictOf(code)]))
  expect(verdicts).toMatchObject({
    1001: 'soon',
    1011: 'back_off',
    4000: 'hand_over',
    4101: 'back_off',
    4401: 'credentials',
  })
  for (const code of codes.filter((each) => each > 4401)) expect(verdicts[code]).toBe('stop')
})

test.each([
  [1006, 'soon'],
  [4042, 'hand_over'],
  [4150, 'back_off'],
  [4300, 'back_off'],
  [4499, 'stop'],
])('an unknown code %i is judged by its range: %s', (code, verdict) => expect(verdictOf(code)).toBe(verdict))
