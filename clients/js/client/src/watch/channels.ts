import type { Hub, HubError } from '@hubwire/client'
import { follow, type Live } from '../live.js'

/** A channel with at least one user in it. */
export interface LiveChannel {
  /** Its address. */
  readonly to: string
  /** The number of users in it. */
  readonly count: number
}

export interface ChannelsOptions {
  /** Only channels whose path has this prefix. */
  prefix?: string
  /** Most channels in a page, at most 100. */
  limit?: number
}

/** The first page of an organisation's occupied channels. */
export interface ChannelList {
  readonly channels: readonly LiveChannel[]
  /** Whether there are more after the last one. */
  readonly more: boolean
}

async function page(
  hub: Hub,
  org: string,
  query: ChannelsOptions & { after?: string | undefined },
): Promise<ChannelList> {
  const { payload } = await hub.request('@@hub/channels', `org:${org}`, query)
  const { channels, more = false } = payload as { channels: LiveChannel[]; more?: boolean }
  return { channels, more }
}

/**
 * Pages of the occupied channels of an organisation, in the order of their addresses. Requires the right `presence`
 * there, and a node that lists them (feature `channel_list`).
 */
export async function* channelsOf(
  hub: Hub,
  org: string,
  options: ChannelsOptions = {},
): AsyncGenerator<readonly LiveChannel[], void> {
  let after: string | undefined
  for (;;) {
    const { channels, more } = await page(hub, org, { ...options, after })
    if (channels.length) yield channels
    after = channels[channels.length - 1]?.to
    if (!more || after === undefined) return
  }
}

/**
 * Follows the first page of occupied channels until it is closed. The node does not push changes: the list is
 * requested on each connection, and by `refresh`.
 */
export function followChannels(
  hub: Hub,
  org: string,
  options: ChannelsOptions = {},
  refused?: (error: HubError) => void,
): Live<ChannelList> {
  return follow(hub, { first: { channels: [], more: false }, ask: () => page(hub, org, options) }, refused)
}
