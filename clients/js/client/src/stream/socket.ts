import type { WebSocketLike } from '@hubwire/client'
import { createEventReader, type ServerEvent } from './events.js'

/** The part of fetch that is used. */
export type Fetch = (input: string, init: RequestInit) => Promise<Response>

/** `ws://host/ws?…` is served as `http://host/stream?…`. */
export function streamUrl(socketUrl: string): URL {
  const url = new URL(socketUrl)
  url.protocol = url.protocol.replace('ws', 'http')
  url.pathname = url.pathname.replace(/\/ws\/?$/, '/stream')
  return url
}

/** How often a post refused for lack of room is tried, and the pause in between. */
const POST_ATTEMPTS = 5
const POST_PAUSE_MS = 300

/** A session without a WebSocket: events of one long response, and sequential posts. */
export function openStream(
  socketUrl: string,
  fetch: Fetch,
  credentials: RequestCredentials,
  told: () => void,
): WebSocketLike {
  const url = streamUrl(socketUrl)
  const over = new AbortController()
  const waiting: string[] = []
  let post: string | undefined // the URL of posts, once the first event has named the session
  let key = ''
  let posting = false
  let verdict: { code: number; reason: string } | undefined

  const socket: WebSocketLike = {
    binaryType: '',
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send(data) {
      waiting.push(data as string)
      flush()
    },
    close() {
      if (over.signal.aborted) return
      over.abort()
      // a proxy may keep the response open, so end the session explicitly; `keepalive` lets the request outlive the
      // page
      if (post) fetch(post, { ...asked('DELETE'), keepalive: true }).catch(() => {})
    },
  }
  const asked = (method: string): RequestInit => ({
    method,
    credentials,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  })

  function ended(code = 1006, reason = '') {
    if (over.signal.aborted) return
    over.abort()
    socket.onclose?.({ code, reason })
  }

  async function flush() {
    if (posting || !post) return
    posting = true
    for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) {
      if (!(await brought(post, frame))) return ended()
    }
    posting = false
  }

  /** Whether a frame was accepted. If that is unknown, it is not posted again: the connection is given up. */
  async function brought(to: string, frame: string): Promise<boolean> {
    for (let n = 1; !over.signal.aborted; n++) {
      try {
        const { status } = await fetch(to, { ...asked('POST'), body: frame, signal: over.signal })
        if (status === 202) return true
        if (status !== 503 || n === POST_ATTEMPTS) return false
      } catch {
        return false
      }
      await new Promise((resolve) => setTimeout(resolve, POST_PAUSE_MS * n))
    }
    return false
  }

  function heard({ kind, data }: ServerEvent) {
    if (over.signal.aborted) return
    if (kind === 'message') {
      told()
      socket.onmessage?.({ data })
    } else if (kind === 'close') verdict = JSON.parse(data)
    else if (kind === 'session') {
      const named = JSON.parse(data) as { session: string; key: string }
      key = named.key
      const target = new URL(url)
      target.search = ''
      target.pathname += `/${named.session}`
      post = target.href
      socket.onopen?.({})
      flush()
    }
  }

  async function read() {
    const response = await fetch(url.href, { credentials, cache: 'no-store', signal: over.signal })
    if (response.status === 401) return ended(4401, 'bad credentials')
    if (response.status === 403) return ended(4403, 'forbidden')
    if (!response.ok || !response.body) return ended(1006, `HTTP ${response.status}`)
    const take = createEventReader(heard)
    const text = new TextDecoder()
    const reader = response.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return ended(verdict?.code, verdict?.reason)
      take(text.decode(value, { stream: true }))
    }
  }

  read().catch((error) => ended(verdict?.code, verdict?.reason ?? String(error)))
  return socket
}
