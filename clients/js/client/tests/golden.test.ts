import { readFileSync } from 'node:fs'
import type { Action } from '@hubwire/client'
import { msgpack } from '@hubwire/client/msgpack'
import { describe, expect, test } from 'vitest'
import { json } from '../src/codec.js'

// Tests both codecs with the frames that all implementations share (x01).
interface Vector {
  name: string
  json?: string
  json_hex?: string
  msgpack?: string
  error?: string
}

const vectors = (file: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../../../../protocol/tests/golden/v1/${file}.json`, import.meta.url), 'utf8'))
const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, 'hex'))
const binary = (hex: string): ArrayBuffer => bytes(hex).buffer

describe('frames of the node', () => {
  for (const vector of vectors('server')) {
    test(`${vector.name} is read in the same way in both encodings`, () => {
      const read = json.decode(vector.json)
      expect(read.type).toBeTypeOf('string')
      if (vector.msgpack) expect(msgpack.decode(binary(vector.msgpack))).toEqual(read)
    })
  }
})

describe('frames that the node accepts', () => {
  for (const vector of vectors('client')) {
    test(`${vector.name} is written in the form that the node reads`, () => {
      // a frame holds one or several actions
      const value = JSON.parse(vector.json as string) as Action | Action[]
      const actions = Array.isArray(value) ? value : [value]
      const frames = [json, msgpack].map((codec) => codec.frame(actions.map((action) => codec.encode(action))))
      const plain = JSON.parse(JSON.stringify(actions.length === 1 ? actions[0] : value)) // JavaScript writes -0 as 0
      expect(JSON.parse(frames[0] as string)).toEqual(plain)
      const back = msgpack.decode((frames[1] as Uint8Array<ArrayBuffer>).buffer)
      expect(back).toEqual(actions.length === 1 ? actions[0] : value)
      if (vector.msgpack) expect(msgpack.decode(binary(vector.msgpack))).toEqual(value)
    })
  }
})

describe('frames that the node refuses', () => {
  const refused = vectors('refused')
  const written = new Set(
    refused.flatMap(({ json: text, msgpack: hex }) => [text, hex]).filter((frame) => frame !== undefined),
  )

  test.each<[string, Action]>([
    ['half of a surrogate pair', { type: 'x', payload: '\ud83d' }],
    ['surrogates in the wrong order', { type: 'x', payload: ['\ude00\ud83d', '\\ud83d'] }],
    ['NaN and infinities', { type: 'x', payload: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] }],
    ['what JSON leaves out', { type: 'x', payload: { a: undefined, b: () => 1, c: [undefined] } }],
    ['a date', { type: 'x', payload: new Date(0) }],
  ])('%s is written in a form that is taken, the same in both codecs', (_, action) => {
    const text = json.encode(action) as string
    const binaryForm = msgpack.encode(action) as Uint8Array<ArrayBuffer>
    expect(written).not.toContain(text)
    expect(written).not.toContain(Buffer.from(binaryForm).toString('hex'))
    expect(text).not.toMatch(/(^|[^\\])(\\\\)*\\ud[89a-f]/)
    expect(msgpack.decode(binaryForm.buffer)).toEqual(JSON.parse(text))
  })

  test('binary values are refused before encoding', () => {
    expect(() => msgpack.encode({ type: 'x', payload: new Uint8Array(2) })).toThrow(TypeError)
  })

  for (const vector of refused.filter(
    ({ name }) => name.startsWith('msgpack_') && /cut_off|two_values|reserved|utf8|billion/.test(name),
  )) {
    test(`${vector.name} is refused by the client, too`, () => {
      expect(() => msgpack.decode(binary(vector.msgpack as string))).toThrow()
    })
  }
})

test('every number that JSON knows survives MessagePack', () => {
  const numbers = [
    0,
    -0,
    1,
    -1,
    1.5,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    2 ** 64,
    1e300,
    5e-324,
  ]
  for (let bits = 0; bits < 64; bits++) numbers.push(2 ** bits, -(2 ** bits), 2 ** bits - 1, 1 - 2 ** bits)
  const read = msgpack.decode((msgpack.encode({ type: 'x', payload: numbers }) as Uint8Array<ArrayBuffer>).buffer)
  expect(read.payload).toEqual(numbers)
})
