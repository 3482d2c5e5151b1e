/** One server-sent event; its type is `message` by default. */
export interface ServerEvent {
  kind: string
  data: string
}

/** Parses events from text that arrives in pieces (WHATWG HTML, "Interpreting an event stream"). */
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
    // only LF ends a line: the node uses it, and proxies do not change it
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(line)
  }
}
