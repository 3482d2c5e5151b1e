import type { Hub, Profile } from '@hubwire/client'

/** What the user is called and looks like, everywhere, instead of what was said before; `{}` ends it. */
export async function setProfile(hub: Hub, profile: Profile): Promise<void> {
  await hub.request('@@hub/profile', undefined, profile)
}
