import { readFileSync } from 'node:fs'
import { type Action, refusalOf } from '@hubwire/client'
import { expect, test } from 'vitest'

// The client refuses exactly the actions that a node would refuse, by the golden vectors (x01).
interface Vector {
  name: string
  json?: string
  error?: string
}

const vectors = (file: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../../../../protocol/tests/golden/v1/${file}.json`, import.meta.url), 'utf8'))
const limits = { typeBytes: 128, idBytes: 64 }

/** The single action of a frame, if a program can represent it as a value. */
function held({ json = '' }: Vector): Action | undefined {
  try {
    const value = JSON.parse(json)
    // JSON.parse changes duplicate keys and numbers that no double can hold
    return Array.isArray(value) || /\\ud|1e999/.test(json) || doubled(json) ? undefined : value
  } catch {
    return undefined
  }
}

function doubled(json: string): boolean {
  const keys = (text: string) => [...text.matchAll(/"[^"]*":/g)].length
  return keys(json) !== keys(JSON.stringify(JSON.parse(json)))
}

test.each(
  vectors('refused')
    .map((vector) => [vector.name, vector.error, held(vector)] as const)
    .filter(([name, , action]) => action !== undefined && name !== 'frame_is_a_null'),
)('%s is refused as %s', (_, error, action) => {
  expect(refusalOf(action as Action, limits)?.code).toBe(error)
})

test.each(
  vectors('client')
    .map((vector) => [vector.name, held(vector)] as const)
    // a node discards `from`, `pos`, `ts`, `session` and `re` of a client: this client never writes them
    .filter(([, action]) => action && !/"(from|pos|ts|session|re)":/.test(JSON.stringify(action.meta?.hub ?? {}))),
)('%s is not refused', (_, action) => {
  expect(refusalOf(action as Action, limits)).toBeUndefined()
})
