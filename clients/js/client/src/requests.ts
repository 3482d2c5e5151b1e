import type { Action } from './action.js'
import type { Environment } from './environment.js'
import { errorOf, HubError } from './errors.js'

/** Requests to the node, answered on the same connection or not at all. */
export interface Requests {
  /** `answered` runs before the next frame is processed; the promise settles later. */
  ask(type: string, to?: string, payload?: unknown, answered?: (answer: Action) => void, id?: string): Promise<Action>
  /** Whether `re` is the id of a request. */
  settle(re: string, answer: Action): boolean
  lost(): void
}

interface Question {
  answered?: ((answer: Action) => void) | undefined
  resolve(answer: Action): void
  reject(error: HubError): void
  timer: unknown
}

export function createRequests(
  environment: Environment,
  timeoutMs: number,
  nextId: () => string,
  write: (action: Action) => boolean,
): Requests {
  const questions = new Map<string, Question>()
  const take = (id: string): Question | undefined => {
    const question = questions.get(id)
    environment.clearTimeout(question?.timer)
    questions.delete(id)
    return question
  }
  return {
    ask: (type, to, payload, answered, id = nextId()) =>
      new Promise((resolve, reject) => {
        if (!write({ type, payload, meta: { hub: { to, id } } })) return reject(notConnected())
        const late = () =>
          take(id)?.reject(new HubError('timeout', `${type} was not answered`, { retry: true, outcome: 'unknown' }))
        questions.set(id, { answered, resolve, reject, timer: environment.setTimeout(late, timeoutMs) })
      }),
    settle(re, answer) {
      const question = take(re)
      if (!question) return false
      if (answer.type === '@@hub/error') question.reject(errorOf(answer.payload))
      else {
        question.answered?.(answer)
        question.resolve(answer)
      }
      return true
    },
    lost() {
      for (const id of [...questions.keys()]) take(id)?.reject(notConnected('unknown'))
    },
  }
}

const notConnected = (outcome?: HubError['outcome']): HubError =>
  new HubError('not_connected', 'there is no connection', { retry: true, outcome })
