// The node's server API. The browser sends the cookie; the header says that this page asks.

/** Why a request was not done. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

const listeners = new Set()

/** Calls back when the node does not know the cookie any more. */
export function onSignedOut(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export async function call(method, path, body) {
  const headers = { 'X-Hubwire-Admin': '1' }
  if (method === 'POST') headers['Content-Type'] = 'application/json'
  const text = method === 'POST' ? JSON.stringify(body ?? {}) : undefined
  const response = await fetch(path, { method, headers, body: text }).catch(() => {
    throw new Refused(0, 'unreachable', 'The node does not answer.')
  })
  const answer = await response.json().catch(() => null)
  if (response.ok) return answer
  const { code, message } = answer?.error ?? { code: 'no_api', message: `HTTP ${response.status}` }
  if (response.status === 401 && path !== '/v1/admin/session') for (const listener of listeners) listener()
  throw new Refused(response.status, code, message)
}

export const get = (path) => call('GET', path)
export const post = (path, body) => call('POST', path, body)
export const remove = (path) => call('DELETE', path)

/** An id or address as a part of a path. */
export const part = encodeURIComponent
