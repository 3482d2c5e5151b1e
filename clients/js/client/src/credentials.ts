import type { AuthContext, HubOptions } from './types.js'

export type Reason = AuthContext['reason']

/** Asks the application who this is; `undefined`: the URL says it. */
export async function credentialOf(
  { getToken, getTicket }: HubOptions,
  context: AuthContext,
): Promise<{ token: string } | { ticket: string } | undefined> {
  if (getToken) return { token: await getToken(context) }
  if (getTicket) return { ticket: await getTicket(context) }
  return undefined
}
