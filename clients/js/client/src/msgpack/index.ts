/** MessagePack frames: `createHub({ codec: msgpack, … })`. The same values in fewer bytes. */
import type { Action } from '../action.js'
import type { Codec } from '../codec.js'
import { decode } from './decode.js'
import { arrayHeader, encode } from './encode.js'

export const msgpack: Codec = {
  protocol: 'hubwire.v1.msgpack',
  encode,
  frame(parts) {
    if (parts.length === 1) return parts[0] as Uint8Array<ArrayBuffer>
    const pieces = [arrayHeader(parts.length), ...(parts as Uint8Array<ArrayBuffer>[])]
    const frame = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of pieces) {
      frame.set(piece, at)
      at += piece.length
    }
    return frame
  },
  decode: (data) => decode(new Uint8Array(data as ArrayBuffer)) as Action,
}
