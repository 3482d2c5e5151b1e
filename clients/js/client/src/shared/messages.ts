/** From a tab to the holder of the socket. */
export interface Up {
  up: true
  tab: string
  kind: 'open' | 'frame' | 'close'
  frame?: string | undefined
}

/** From the holder of the socket to one tab or all. */
export interface Down {
  up: false
  tab: string
  /** `serve`: there is a new holder of the socket, or it is connected again. */
  kind: 'serve' | 'open' | 'frame' | 'close'
  frame?: string | undefined
  code?: number
}

/** The connection between tabs and the holder of the socket: a BroadcastChannel, or ports of a SharedWorker. */
export interface Link<Out, In> {
  post(message: Out): void
  listen(listener: (message: In) => void): void
  close(): void
}

export const ALL = '*'

/** A lock that is released when its tab ends, for whatever reason. */
export const lockOf = (tab: string): string => `hubwire ${tab}`
