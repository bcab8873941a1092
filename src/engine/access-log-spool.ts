import type { AccessLogFile, AccessLogFileState, LoggedLoadBalancer } from '../domain/access-log-file.ts'

/** Where routers leave the files of access logs. Every call may find that a file has gone. */
export interface AccessLogSpool {
  /**
   * All files, by load balancer, those of earlier periods first. Files whose router is gone, or has left them behind, are
   * complete.
   */
  list(): Promise<readonly SpooledFile[]>
  listOf(loadBalancer: LoggedLoadBalancer): Promise<readonly SpooledFile[]>
  /** Its content, gzipped, in pieces. Throws where there is no such file. */
  compressed(file: SpooledFile): AsyncIterable<Uint8Array>
  /** Bytes from a position, so many at most; undefined where there is no such file. */
  read(file: SpooledFile, from: number, mostBytes: number): Promise<Uint8Array | undefined>
  /** From complete to delivered. */
  markDelivered(file: SpooledFile): Promise<void>
  remove(file: SpooledFile): Promise<void>
}

export type SpooledFile = {
  readonly loadBalancer: LoggedLoadBalancer
  readonly file: AccessLogFile
  readonly state: AccessLogFileState
  readonly size: number
}
