/** For users with the respective rights: kick users out of a channel, invite them, and store the channel's snapshot. */
import { type Ack, type Action, type Delivered, type Hub, HubError } from '@hubwire/client'

let invitations = 0

/**
 * Makes all sessions of the user leave the channel; resolves with their number. Whether they may join again depends on
 * the access rules.
 */
export async function kick(hub: Hub, channel: string, user: string): Promise<number> {
  const { payload } = await hub.request('@@hub/kick', channel, { user })
  return (payload as { sessions?: number }).sessions ?? 0
}

/**
 * Invites a user to a channel: a message in that user's stream, stored once. It grants no access. Resolves with its
 * position, and the number of sessions it was sent to.
 */
export async function invite(hub: Hub, channel: string, user: string): Promise<Pick<Ack, 'pos' | 'sessions'>> {
  const id = `invite-${hub.session}-${++invitations}`
  const { payload } = await hub.request('@@hub/invite', channel, { user }, { id })
  const { pos, sessions } = payload as Ack
  return { pos, sessions }
}

/** An invitation of this user to a channel. */
export interface Invitation {
  readonly channel: string
  readonly from?: string
  readonly pos: string
  readonly ts: number
}

/** Calls the handler with invitations, including those sent while the user was offline. */
export function onInvited(hub: Hub, handler: (invitation: Invitation) => void): () => void {
  return hub.onAction(
    '@@hub/invited',
    ({
      payload,
      meta: {
        hub: { to, from, pos = '', ts },
      },
    }: Delivered<Action>) => {
      // skip copies of invitations that this user sent: they are addressed to others
      if (to === `user:${hub.user}`) handler({ channel: (payload as { channel: string }).channel, from, pos, ts })
    },
  )
}

/**
 * Stores the state of the channel at a position (default: that of the last publication delivered), for clients that
 * join with the option `snapshot`.
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
