// As much of an EventSource (WHATWG HTML, "Server-sent events") as a client in Node needs.
'use strict';

module.exports = class EventSource {
  constructor(url) {
    this.aborted = new AbortController();
    this.read(url).catch((error) => { if (!this.aborted.signal.aborted) this.onerror?.(error); });
  }

  async read(url) {
    const response = await fetch(url, { signal: this.aborted.signal, headers: { Accept: 'text/event-stream' } });
    if (!response.ok) throw new Error(response.status);
    this.onopen?.();
    let text = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
        if (data.length > 0 && !this.aborted.signal.aborted) this.onmessage?.({ data: data.join('\n') });
      }
    }
    throw new Error('the response ended');
  }

  close() {
    this.aborted.abort();
  }
};
