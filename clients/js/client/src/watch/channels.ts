import type { Hub, HubError } from '@hubwire/client'
import { follow, type Live } from '../live.js'

/** A channel that somebody is in. */
export interface LiveChannel {
  /** Its address. */
  readonly to: string
  /** How many users are in it. */
  readonly count: number
}

export interface ChannelsOptions {
  /** Those whose path begins so. */
  prefix?: string
  /** On a page, at most 100. */
  limit?: number
}

/** The first of an organisation's channels. */
export interface ChannelList {
  readonly channels: readonly LiveChannel[]
  /** There are others behind the last. */
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
 * Pages of the channels of an organisation that somebody is in, in the order of their addresses. Needs the right
 * `presence` there, and a node that lists them (feature `channel_list`).
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
 * The first page of them until it is closed. The node does not tell of changes: it is asked on each connection, and by
 * `refresh`.
 */
export function followChannels(
  hub: Hub,
  org: string,
  options: ChannelsOptions = {},
  refused?: (error: HubError) => void,
): Live<ChannelList> {
  return follow(hub, { first: { channels: [], more: false }, ask: () => page(hub, org, options) }, refused)
}
