import type { Action } from './action.js'
import { bytesOf } from './codec.js'
import { HubError } from './errors.js'

export interface ActionLimits {
  typeBytes: number
  idBytes: number
}

const ID = '[\\w.~@+=:|%-]{1,64}'
const ADDRESS = new RegExp(
  `^((user|org):${ID}|team:${ID}/${ID}|ch:(?=.{1,255}$)${ID}(/${ID})+|session:[\\da-f]{8}-[\\da-f]{4}-8[\\da-f]{3}-[89ab][\\da-f]{3}-[\\da-f]{12})$`,
)
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const WORD = /^[^\0-\x1f\x7f]+$/
const DEPTH_MAX = 32

const plain = (value: unknown): boolean => !!value && typeof value === 'object' && !Array.isArray(value)
const word = (value: unknown): boolean => typeof value === 'string' && WORD.test(value)

function depthOf(value: unknown): number {
  if (!value || typeof value !== 'object') return 0
  return 1 + Object.values(value).reduce<number>((deepest, item) => Math.max(deepest, depthOf(item)), 0)
}

/**
 * The error for an action that a node would refuse; detected early because one faulty action makes the node refuse the
 * whole frame.
 */
export function refusalOf(action: Action, { typeBytes, idBytes }: ActionLimits): HubError | undefined {
  const fault = (code: HubError['code'], message: string) => new HubError(code, message, { id: action?.meta?.hub?.id })
  if (!plain(action) || !word(action.type)) return fault('bad_action', 'an action needs a `type`, a string')
  const { type, error, meta, payload: _, ...others } = action
  const { hub = {} } = meta ?? {}
  const { to, id, ephemeral, except = [], select = 'all', ...more } = hub ?? {}
  const narrowed = Array.isArray(except) && except.every(word) && (plain(select) || word(select))
  const flags = [error, ephemeral].every((flag) => flag === undefined || typeof flag === 'boolean')
  const maps = [meta, hub].every((map) => map === undefined || plain(map))
  if (!flags || !maps || !narrowed || Object.keys({ ...others, ...more }).length || (id !== undefined && !word(id))) {
    return fault('bad_action', `${type}: only \`type\`, \`payload\`, \`error\` and \`meta\`, of their kinds`)
  }
  if (to !== undefined && !ADDRESS.test(to)) return fault('bad_address', `${to} is no address`)
  if (depthOf(action) > DEPTH_MAX) return fault('too_deep', `${type} is nested too deep`)
  if (bytesOf(type) > typeBytes || bytesOf(id ?? '') > idBytes)
    return fault('too_big', `${type}: type or id is too long`)
  return undefined
}
