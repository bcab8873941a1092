import type { Engine } from '../../engine/engine.ts'
import type { TaskRuntime } from '../../engine/ports.ts'
import type { Deed, ReadableDocument } from '../documents.ts'
import { protectionDeed, protectionDocument } from './task-agent.ts'
import { taskCredentials } from './task-credentials.ts'
import { taskExec } from './task-exec.ts'
import { containerMetadata } from './task-metadata.ts'

/** What containers ask for at the endpoint, and what people ask of a task beside AWS's calls. */
export function taskSurface(
  engine: Pick<Engine, 'store' | 'clock' | 'settings'>,
  runtime: Pick<TaskRuntime, 'stats' | 'exec'>,
): { readonly documents: readonly ReadableDocument[]; readonly deeds: readonly Deed[] } {
  return {
    documents: [containerMetadata(engine.store, runtime), taskCredentials(engine), protectionDocument(engine)],
    deeds: [taskExec({ store: engine.store, runtime }), protectionDeed(engine)],
  }
}
