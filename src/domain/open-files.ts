/** For the router's own files, its control socket, health checks, and the system's libraries. */
const reserve = 32
/** More make a hand-over long; so many of all files at most are for them. */
const mostListeningSockets = 1_024
const partForListening = 1 / 8

export type ShareOfFiles = {
  /**
   * How many may be connected at once, so that each of them can also be given a connection to a target. More would take
   * the last file descriptor, and then nobody could be served.
   */
  readonly clients: number
  /** For ports that are open by several. */
  readonly listeningSockets: number
}

/** How many files a process may have open at once, by its `/proc/…/limits`; infinite where that does not say. */
export function openFilesIn(limits: string): number {
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
}

/** What the files that a router may have open at once are for. */
export function shareOfFiles(files: number): ShareOfFiles {
  const listeningSockets = Math.min(mostListeningSockets, Math.floor(files * partForListening))
  return { clients: Math.max(1, Math.floor((files - reserve - listeningSockets) / 2)), listeningSockets }
}
