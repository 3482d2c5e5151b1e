/** A publication of the past by its id. */
import type { Action, Delivered, Hub, HubError } from '@hubwire/client'

/**
 * The newest publication of a stream that its sender gave this id, among the newest 1,000; `undefined` where there is
 * none. Ids are the senders': with `from` only that user's counts. Needs the right `read` there, and a node with the
 * feature `history_id`.
 */
export async function findPublication<A extends Action = Action>(
  hub: Hub,
  stream: string,
  id: string,
  { from }: { from?: string } = {},
): Promise<Delivered<A> | undefined> {
  try {
    const { payload } = await hub.request('@@hub/history', stream, { id, from })
    return (payload as { publications: Delivered<A>[] }).publications[0]
  } catch (error) {
    if ((error as HubError).code === 'not_found') return undefined
    throw error
  }
}
