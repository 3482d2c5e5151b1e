/** One server-sent event: `message` where it names no kind. */
export interface ServerEvent {
  kind: string
  data: string
}

/** Reads events from text that arrives in pieces (WHATWG HTML, "Interpreting an event stream"). */
export function createEventReader(emit: (event: ServerEvent) => void): (piece: string) => void {
  let rest = ''
  let kind = ''
  let data: string[] = []
  const line = (text: string) => {
    if (text === '') {
      if (data.length) emit({ kind: kind || 'message', data: data.join('\n') })
      kind = ''
      data = []
      return
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(text) ?? []
    if (field === 'event') kind = value
    else if (field === 'data') data.push(value)
  }
  return (piece) => {
    // the node ends lines with LF, and so does whatever is between it and here
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(line)
  }
}
