import type { LogGroup, LogStream } from '../../src/domain/log-group.ts'
import type { LogStore } from '../../src/engine/log-store.ts'

/** The messages of a stream, oldest first or newest first. */
export async function readLog(
  logs: LogStore,
  group: LogGroup,
  stream: LogStream,
  { isForward = true } = {},
): Promise<string[]> {
  const messages: string[] = []
  for await (const batch of logs.batches(group, stream, { from: 0, to: Infinity, isForward })) {
    for (const { message } of batch) messages.push(message)
  }
  return messages
}
