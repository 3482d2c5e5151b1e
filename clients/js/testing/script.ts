import type { Action } from '../client/src/action.js'
import type { WebSocketConstructor, WebSocketLike } from '../client/src/socket.js'
import type { Welcome } from '../client/src/types.js'
import { settle } from './clock.js'

/** A socket whose other end is the test. */
export interface ScriptedSocket {
  readonly url: string
  /** Actions written, frame by frame. */
  readonly frames: Action[][]
  readonly ended: boolean
  open(): Promise<void>
  say(action: Action): Promise<void>
  welcome(fields?: Partial<Welcome>): Promise<void>
  close(code?: number, reason?: string): Promise<void>
  /** The last action written of that type. */
  last(type: string): Action | undefined
  /** Acknowledges what was written and has an id. */
  ack(payload?: Record<string, unknown>): Promise<void>
}

/** A constructor of sockets, and those it made. */
export function scriptedSockets(): {
  webSocket: WebSocketConstructor
  sockets: ScriptedSocket[]
  current(): ScriptedSocket
} {
  const sockets: ScriptedSocket[] = []
  class Socket implements WebSocketLike {
    binaryType = ''
    onopen: WebSocketLike['onopen'] = null
    onmessage: WebSocketLike['onmessage'] = null
    onclose: WebSocketLike['onclose'] = null
    onerror: WebSocketLike['onerror'] = null
    frames: Action[][] = []
    ended = false
    acked = 0

    constructor(readonly url: string) {
      sockets.push(this)
    }
    send(data: string) {
      const value = JSON.parse(data)
      this.frames.push(Array.isArray(value) ? value : [value])
    }
    close(code = 1000, reason = '') {
      this.ended = true
      this.onclose?.({ code, reason })
      return settle()
    }
    open() {
      this.onopen?.({})
      return settle()
    }
    say(action: Action) {
      this.onmessage?.({ data: JSON.stringify(action) })
      return settle()
    }
    async welcome(fields: Partial<Welcome> = {}) {
      await this.open()
      await this.say({ type: '@@hub/welcome', payload: { ...WELCOME, ...fields } })
    }
    last(type: string) {
      return this.frames
        .flat()
        .filter((action) => action.type === type)
        .pop()
    }
    async ack(payload: Record<string, unknown> = {}) {
      const said = this.frames.flat().slice(this.acked)
      this.acked += said.length
      for (const { type, meta } of said) {
        const re = meta?.hub?.id
        if (re !== undefined && !type.startsWith('@@hub/'))
          await this.say({ type: '@@hub/ack', payload, meta: { hub: { re } } })
      }
    }
  }
  return {
    webSocket: Socket,
    sockets,
    current: () => {
      const socket = sockets[sockets.length - 1]
      if (!socket) throw new Error('no socket was opened')
      return socket
    },
  }
}

const WELCOME: Welcome = {
  session: '0190a5b2-7c41-8abc-9def-0123456789ab',
  node: 'n',
  user: 'me',
  orgs: ['acme'],
  resume: { 'user:me': '10-1', 'org:acme': '20-1' },
  ping_ms: 25_000,
  max_frame_bytes: 65_536,
  features: [],
  version: '0.1.0',
}

export const publication = (
  to: string,
  pos: string,
  payload?: unknown,
  more: Record<string, unknown> = {},
): Action => ({
  type: 'said',
  payload,
  meta: { hub: { to, pos, ts: 1, from: 'other', ...more } },
})
