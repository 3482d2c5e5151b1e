import type { WebSocketConstructor, WebSocketLike } from '@hubwire/client'
import { ALL, type Down, type Link, type Up } from './messages.js'

/** What a tab's hub uses as a WebSocket: the other end is the tab or worker that holds the real one. */
export function virtualSocket(link: Link<Up, Down>, tab: string): WebSocketConstructor {
  let current: VirtualSocket | undefined
  const post = (kind: Up['kind'], frame?: string) => link.post({ up: true, tab, kind, frame })

  link.listen(({ tab: to, kind, frame, code }) => {
    if (!current || (to !== tab && to !== ALL)) return
    if (kind === 'frame') current.onmessage?.({ data: frame })
    else if (kind === 'open') current.opened()
    else if (kind === 'close') current.ended(code as number)
    else if (current.open)
      current.ended(4000) // there is a new holder of the socket: resume there
    else post('open')
  })

  class VirtualSocket implements WebSocketLike {
    binaryType = ''
    onopen: WebSocketLike['onopen'] = null
    onmessage: WebSocketLike['onmessage'] = null
    onclose: WebSocketLike['onclose'] = null
    onerror: WebSocketLike['onerror'] = null
    open = false

    constructor() {
      current = this
      post('open')
    }

    send(frame: string): void {
      if (current === this) post('frame', frame)
    }

    close(): void {
      if (current === this) post('close')
      this.ended(1000)
    }

    opened(): void {
      if (this.open) return
      this.open = true
      this.onopen?.({})
    }

    ended(code: number): void {
      if (current === this) current = undefined
      this.onclose?.({ code, reason: '' })
    }
  }
  return VirtualSocket
}
