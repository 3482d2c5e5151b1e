/** From a tab to the one that holds the socket. */
export interface Up {
  up: true
  tab: string
  kind: 'open' | 'frame' | 'close'
  frame?: string | undefined
}

/** From the one that holds the socket to a tab, or to all. */
export interface Down {
  up: false
  tab: string
  /** `serve`: there is a new one that holds the socket, or it is connected again. */
  kind: 'serve' | 'open' | 'frame' | 'close'
  frame?: string | undefined
  code?: number
}

/** How tabs and the holder of the socket reach each other: a BroadcastChannel, or ports of a SharedWorker. */
export interface Link<Out, In> {
  post(message: Out): void
  listen(listener: (message: In) => void): void
  close(): void
}

export const ALL = '*'

/** A lock that is free when its tab is gone, however it ended. */
export const lockOf = (tab: string): string => `hubwire ${tab}`
