import type { Action } from './action.js'

/** One encoded action. */
export type Part = string | Uint8Array<ArrayBuffer>

/** How actions become frames. */
export interface Codec {
  /** The subprotocol that names it. */
  readonly protocol: string
  encode(action: Action): Part
  /** One frame with one or more encoded actions. */
  frame(parts: Part[]): Part
  decode(data: unknown): Action
}

export const json: Codec = {
  protocol: 'hubwire.v1.json',
  // half of a surrogate pair has no UTF-8 form: the node would refuse the frame
  encode: (action) =>
    JSON.stringify(action).replace(/\\(ud[89a-f]..|.)/g, (found) => (found.length > 2 ? '\\ufffd' : found)),
  frame: (parts) => (parts.length === 1 ? (parts[0] as Part) : `[${parts.join()}]`),
  decode: (data) => JSON.parse(data as string) as Action,
}

export function bytesOf(part: Part): number {
  return typeof part === 'string' ? new TextEncoder().encode(part).length : part.length
}
