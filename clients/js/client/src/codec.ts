import type { Action } from './action.js'

/** One encoded action. */
export type Part = string | Uint8Array<ArrayBuffer>

/** Encodes actions as frames. */
export interface Codec {
  /** Name of the subprotocol. */
  readonly protocol: string
  encode(action: Action): Part
  /** Combines encoded actions into one frame. */
  frame(parts: Part[]): Part
  decode(data: unknown): Action
}

export const json: Codec = {
  protocol: 'hubwire.v1.json',
  // a lone surrogate cannot be encoded as UTF-8: the node would refuse the frame
  encode: (action) =>
    JSON.stringify(action).replace(/\\(ud[89a-f]..|.)/g, (found) => (found.length > 2 ? '\\ufffd' : found)),
  frame: (parts) => (parts.length === 1 ? (parts[0] as Part) : `[${parts.join()}]`),
  decode: (data) => JSON.parse(data as string) as Action,
}

export function bytesOf(part: Part): number {
  return typeof part === 'string' ? new TextEncoder().encode(part).length : part.length
}
