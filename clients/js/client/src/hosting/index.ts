/** For those with the right to it: taking users out of a channel, inviting them, keeping the channel's snapshot. */
import { type Ack, type Action, type Delivered, type Hub, HubError } from '@hubwire/client'

let invitations = 0

/** All sessions of the user leave the channel; resolves with their number. The rules say whether they may come back. */
export async function kick(hub: Hub, channel: string, user: string): Promise<number> {
  const { payload } = await hub.request('@@hub/kick', channel, { user })
  return (payload as { sessions?: number }).sessions ?? 0
}

/**
 * Tells a user that it is invited to a channel: a message in the user's stream, stored once. It grants nothing. Resolves
 * with its position, and the number of sessions it went to.
 */
export async function invite(hub: Hub, channel: string, user: string): Promise<Pick<Ack, 'pos' | 'sessions'>> {
  const id = `invite-${hub.session}-${++invitations}`
  const { payload } = await hub.request('@@hub/invite', channel, { user }, { id })
  const { pos, sessions } = payload as Ack
  return { pos, sessions }
}

/** Somebody invites this user. */
export interface Invitation {
  readonly channel: string
  readonly from?: string
  readonly pos: string
  readonly ts: number
}

/** Hears invitations, also those that came while the user was away. */
export function onInvited(hub: Hub, handler: (invitation: Invitation) => void): () => void {
  return hub.onAction(
    '@@hub/invited',
    ({
      payload,
      meta: {
        hub: { to, from, pos = '', ts },
      },
    }: Delivered<Action>) => {
      // copies of those that another session of this user sent are addressed to others
      if (to === `user:${hub.user}`) handler({ channel: (payload as { channel: string }).channel, from, pos, ts })
    },
  )
}

/**
 * Keeps this as the state of the channel at a position (default: what was delivered last), for those who join with the
 * option `snapshot`.
 */
export async function storeSnapshot(
  hub: Hub,
  channel: string,
  payload: unknown,
  pos: string | undefined = hub.position(channel),
): Promise<void> {
  if (pos === undefined) throw new HubError('not_joined', `${channel}: join it first, or say at which position this is`)
  await hub.request('@@hub/snapshot', channel, { pos, payload })
}
