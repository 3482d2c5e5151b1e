import type { Action, Channel, ChannelOptions, Delivered, Hub, Member } from '@hubwire/client'
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { KEEP_MS, useHub } from './context.js'

export interface UseChannelOptions extends ChannelOptions {
  onAction?(action: Delivered<Action>): void
}

/** Joins the channel while the component is mounted. `undefined` before that, and on the server. */
export function useChannel(address: string, options: UseChannelOptions = {}): Channel | undefined {
  return useHeld(address, options, (hub) => {
    const channel = hub.channel(address, options)
    return [channel, channel.leave]
  })
}

/** As `useChannel`, for the one channel that is viewed: the one viewed before is left in the same step. */
export function useView(address: string, options: UseChannelOptions = {}): Channel | undefined {
  return useHeld(address, options, (hub) => {
    const channel = hub.view(address, options)
    viewed.set(hub, channel)
    return [channel, () => viewed.get(hub) === channel && hub.view(null)]
  })
}

const viewed = new WeakMap<Hub, Channel>()

function useHeld(
  address: string,
  { onAction }: UseChannelOptions,
  take: (hub: Hub) => [Channel, () => unknown],
): Channel | undefined {
  const hub = useHub()
  const [channel, setChannel] = useState<Channel>()
  const handler = useRef(onAction)
  handler.current = onAction
  // biome-ignore lint/correctness/useExhaustiveDependencies: options count when the channel is taken
  useEffect(() => {
    const [taken, release] = take(hub)
    const off = taken.on((action) => handler.current?.(action))
    setChannel(taken)
    return () => {
      off()
      setTimeout(release, KEEP_MS)
    }
  }, [hub, address])
  return channel?.address === address ? channel : undefined
}

const NOBODY: readonly Member[] = []

/** The members of the channel; joins it as `useChannel` does. */
export function usePresence(address: string): { members: readonly Member[]; stale: boolean } {
  const presence = useChannel(address)?.presence
  const subscribe = useCallback((changed: () => void) => presence?.onChange(changed) ?? (() => {}), [presence])
  const members = useSyncExternalStore(
    subscribe,
    () => presence?.snapshot() ?? NOBODY,
    () => NOBODY,
  )
  return { members, stale: presence?.stale ?? true }
}
