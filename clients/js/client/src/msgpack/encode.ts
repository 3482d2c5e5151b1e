const utf8 = new TextEncoder()

/** A growing byte buffer. */
class Bytes {
  private buffer = new Uint8Array(256)
  private view = new DataView(this.buffer.buffer)
  private length = 0

  /** `tag`, then the value in `size` bytes. */
  number(tag: number, size: number, write?: (view: DataView, at: number) => void): void {
    const at = this.grow(size + 1)
    this.buffer[at] = tag
    write?.(this.view, at + 1)
  }

  raw(bytes: Uint8Array): void {
    const at = this.grow(bytes.length) // first, because it may replace the buffer
    this.buffer.set(bytes, at)
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length)
  }

  private grow(more: number): number {
    const at = this.length
    this.length += more
    if (this.length > this.buffer.length) {
      const wider = new Uint8Array(this.length * 2)
      wider.set(this.buffer)
      this.buffer = wider
      this.view = new DataView(wider.buffer)
    }
    return at
  }
}

/**
 * Encodes a value as MessagePack in the shortest form, by the rules of JSON: `toJSON` applies, `undefined` is omitted,
 * NaN becomes null.
 */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  const out = new Bytes()
  write(out, value)
  return out.done()
}

export function arrayHeader(length: number): Uint8Array<ArrayBuffer> {
  const out = new Bytes()
  header(out, length, 0x90, 16, 0xdc)
  return out.done()
}

function header(out: Bytes, length: number, short: number, below: number, tag16: number): void {
  if (length < below) out.number(short | length, 0)
  else if (length < 0x10000) out.number(tag16, 2, (view, at) => view.setUint16(at, length))
  else out.number(tag16 + 1, 4, (view, at) => view.setUint32(at, length))
}

function write(out: Bytes, value: unknown): void {
  const json = (value as { toJSON?: unknown } | null | undefined)?.toJSON
  if (typeof json === 'function') return write(out, json.call(value))
  switch (typeof value) {
    case 'boolean':
      return out.number(value ? 0xc3 : 0xc2, 0)
    case 'string':
      return text(out, value)
    case 'number':
      return Number.isFinite(value) ? number(out, value) : out.number(0xc0, 0)
    case 'bigint':
      return integer(out, value)
    case 'object':
      if (Array.isArray(value)) {
        header(out, value.length, 0x90, 16, 0xdc)
        for (const item of value) write(out, item)
        return
      }
      if (value) return map(out, value)
  }
  out.number(0xc0, 0)
}

function map(out: Bytes, value: object): void {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) throw new TypeError('binary values have no JSON form')
  const entries = Object.entries(value).filter(([, item]) => !['undefined', 'function', 'symbol'].includes(typeof item))
  header(out, entries.length, 0x80, 16, 0xde)
  for (const [key, item] of entries) {
    text(out, key)
    write(out, item)
  }
}

function text(out: Bytes, value: string): void {
  const bytes = utf8.encode(value)
  const { length } = bytes
  if (length < 32) out.number(0xa0 | length, 0)
  else if (length < 0x100) out.number(0xd9, 1, (view, at) => view.setUint8(at, length))
  else header(out, length, 0, 0, 0xda)
  out.raw(bytes)
}

function number(out: Bytes, value: number): void {
  if (Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 63) return integer(out, BigInt(value))
  out.number(0xcb, 8, (view, at) => view.setFloat64(at, value))
}

function integer(out: Bytes, big: bigint): void {
  const value = Number(big)
  if (value >= 0 ? value < 0x80 : value >= -0x20) return out.number(value & 0xff, 0)
  if (value >= 0) {
    if (value < 0x100) return out.number(0xcc, 1, (view, at) => view.setUint8(at, value))
    if (value < 0x10000) return out.number(0xcd, 2, (view, at) => view.setUint16(at, value))
    if (value < 2 ** 32) return out.number(0xce, 4, (view, at) => view.setUint32(at, value))
    if (big < 2n ** 64n) return out.number(0xcf, 8, (view, at) => view.setBigUint64(at, big))
  } else {
    if (value >= -0x80) return out.number(0xd0, 1, (view, at) => view.setInt8(at, value))
    if (value >= -0x8000) return out.number(0xd1, 2, (view, at) => view.setInt16(at, value))
    if (value >= -(2 ** 31)) return out.number(0xd2, 4, (view, at) => view.setInt32(at, value))
    if (big >= -(2n ** 63n)) return out.number(0xd3, 8, (view, at) => view.setBigInt64(at, big))
  }
  out.number(0xcb, 8, (view, at) => view.setFloat64(at, value))
}
