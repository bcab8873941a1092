import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ImageStore } from '../../src/adapters/image-store.ts'
import { ProcessRuntime } from '../../src/adapters/process-runtime.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { startTask } from './process-world.ts'
import type { ContainerLaunch, TaskLaunch } from '../../src/engine/ports.ts'

/**
 * Starts one task as an engine does, and is killed by SIGKILL at the moment the third argument names:
 * `before` or `after` the process is spawned, when it has `started`, or a number of milliseconds from the beginning.
 */
const [dataDirectory = '', launchText = '', moment = ''] = process.argv.slice(2)
const launch = JSON.parse(launchText) as TaskLaunch
const planFile = join(dataDirectory, 'tasks', launch.taskId, 'launch.json')

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

/** The launch's environment is read for the last time between the written plan and the spawned process. */
function deadlyBeforeSpawn(container: ContainerLaunch): ContainerLaunch {
  return {
    ...container,
    get environment(): ContainerLaunch['environment'] {
      if (existsSync(planFile)) die()
      return container.environment
    },
  }
}

/** The runtime first waits when the process has just been spawned. */
class DeadlyClock extends SystemClock {
  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (moment === 'after') die()
    return super.sleep(milliseconds, signal)
  }
}

if (/^\d+$/.test(moment)) setTimeout(die, Number(moment))
const images = new ImageStore(dataDirectory)
const runtime = new ProcessRuntime({ dataDirectory, images, clock: new DeadlyClock() })
const containers = moment === 'before' ? launch.containers.map(deadlyBeforeSpawn) : launch.containers
await startTask(runtime, { ...launch, containers })
if (moment === 'started') die()
