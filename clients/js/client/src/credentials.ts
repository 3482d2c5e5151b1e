import type { AuthContext, HubOptions } from './types.js'

export type Reason = AuthContext['reason']

/** Asks the application for credentials; `undefined`: the URL identifies the user. */
export async function credentialOf(
  { getToken, getTicket }: HubOptions,
  context: AuthContext,
): Promise<{ token: string } | { ticket: string } | undefined> {
  if (getToken) return { token: await getToken(context) }
  if (getTicket) return { ticket: await getTicket(context) }
  return undefined
}
