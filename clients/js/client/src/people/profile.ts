import type { Hub, Profile } from '@hubwire/client'

/** Replaces the user's profile, which is shown everywhere; `{}` removes it. */
export async function setProfile(hub: Hub, profile: Profile): Promise<void> {
  await hub.request('@@hub/profile', undefined, profile)
}
