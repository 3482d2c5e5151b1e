/** Finds stored publications by id. */
import type { Action, Delivered, Hub, HubError } from '@hubwire/client'

/**
 * The newest publication of a stream with this id, as set by its sender, among the newest 1,000; `undefined` if there
 * is none. Different users may choose the same id: with `from` only that user's publications count. Requires the right
 * `read` there, and a node with the feature `history_id`.
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
