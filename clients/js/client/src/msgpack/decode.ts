const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes MessagePack to the value that `JSON.parse` would return: numbers are doubles. */
export function decode(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = reader.value()
  if (reader.at !== bytes.length) throw new RangeError('bytes after the value')
  return value
}

class Reader {
  at = 0
  private readonly view: DataView

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  value(): unknown {
    const tag = this.unsigned(1)
    if (tag < 0x80) return tag
    if (tag < 0x90) return this.map(tag & 15)
    if (tag < 0xa0) return this.array(tag & 15)
    if (tag < 0xc0) return this.text(tag & 31)
    if (tag >= 0xe0) return tag - 0x100
    switch (tag) {
      case 0xc0:
        return null
      case 0xc2:
      case 0xc3:
        return tag === 0xc3
      case 0xca:
        return this.view.getFloat32(this.skip(4))
      case 0xcb:
        return this.view.getFloat64(this.skip(8))
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.unsigned(1 << (tag - 0xcc))
      case 0xd0:
        return this.view.getInt8(this.skip(1))
      case 0xd1:
        return this.view.getInt16(this.skip(2))
      case 0xd2:
        return this.view.getInt32(this.skip(4))
      case 0xd3:
        return Number(this.view.getBigInt64(this.skip(8)))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.unsigned(1 << (tag - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.array(this.unsigned(2 << (tag - 0xdc)))
      case 0xde:
      case 0xdf:
        return this.map(this.unsigned(2 << (tag - 0xde)))
    }
    throw new RangeError(`no value of JSON begins with ${tag}`)
  }

  private skip(size: number): number {
    const at = this.at
    this.at += size
    if (this.at > this.bytes.length) throw new RangeError('cut off')
    return at
  }

  private unsigned(size: number): number {
    const at = this.skip(size)
    if (size === 8) return Number(this.view.getBigUint64(at))
    return size === 4 ? this.view.getUint32(at) : size === 2 ? this.view.getUint16(at) : this.view.getUint8(at)
  }

  private text(length: number): string {
    const at = this.skip(length)
    return utf8.decode(this.bytes.subarray(at, at + length))
  }

  private array(length: number): unknown[] {
    const items: unknown[] = []
    while (length-- > 0) items.push(this.value())
    return items
  }

  private map(length: number): Record<string, unknown> {
    const entries: [string, unknown][] = []
    while (length-- > 0) {
      const key = this.value()
      if (typeof key !== 'string') throw new RangeError('a key must be a string')
      entries.push([key, this.value()])
    }
    return Object.fromEntries(entries) // `__proto__` is an ordinary key
  }
}
