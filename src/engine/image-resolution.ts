import { arn } from '../domain/identifiers.ts'
import type { ImageDigests, TaskSet } from '../domain/service.ts'
import type { ContainerDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import type { Store } from './store.ts'
import { taskSetOf } from './task-targets.ts'

/**
 * ECS's software version consistency: what the tags of a task definition mean is found out by the first task of a
 * deployment, and every other task of it starts from the same images, also one that takes the place of a task weeks later,
 * when the tag has long been given to another image. A new deployment looks anew. Source: developer guide, "Container
 * image resolution". It describes the ECS deployment controller; that the task sets of the other two do the same is
 * unverified, and what their users would expect.
 */
export class ImageResolution {
  readonly #store: Store
  /** By the ARN of its task set, the end of what the first task does to find out. */
  readonly #first = new Map<string, Promise<void>>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Prepares a task: while the images of its task set are not known yet, one task at a time. */
  async inTurn(task: Task, prepare: () => Promise<void>): Promise<void> {
    const key = arn.taskSet(task.serviceArn, task.taskSetId)
    while (isToBeResolved(taskSetOf(this.#store, task))) {
      const first = this.#first.get(key)
      if (first === undefined) return this.#prepareFirst(key, prepare)
      await first
    }
    return prepare()
  }

  #prepareFirst(key: string, prepare: () => Promise<void>): Promise<void> {
    const preparing = prepare()
    const ended = () => void this.#first.delete(key)
    this.#first.set(key, preparing.then(ended, ended))
    return preparing
  }

  /** Writes down what the first task's images are. */
  resolved(task: Task, found: ImageDigests = {}): void {
    const store = this.#store
    store.transaction(() => {
      const taskSet = taskSetOf(store, task)
      if (taskSet === undefined || !isToBeResolved(taskSet)) return
      const imageDigests = consistent(store.taskDefinitions.get(task.taskDefinitionArn)?.containerDefinitions, found)
      store.taskSets.put(taskSet.taskSetArn, { ...taskSet, imageDigests })
      const revisionArn = arn.serviceRevision(task.serviceArn, task.taskSetId)
      const revision = store.serviceRevisions.get(revisionArn)
      if (revision === undefined) return
      const containerImages = revision.containerImages.map((each) => withDigest(each, imageDigests))
      store.serviceRevisions.put(revisionArn, { ...revision, containerImages })
    })
  }
}

function isToBeResolved(taskSet: TaskSet | undefined): boolean {
  return taskSet !== undefined && taskSet.imageDigests === undefined
}

/** Without those of containers that want none: the tag in their image counts for each task anew. */
function consistent(containers: readonly ContainerDefinition[] = [], found: ImageDigests): ImageDigests {
  const names = containers.flatMap(({ name, recorded }) =>
    recorded['versionConsistency'] === 'disabled' ? [] : [name],
  )
  return Object.fromEntries(Object.entries(found).filter(([name]) => names.includes(name)))
}

type RevisionImage = { readonly containerName: string; readonly image: string; readonly imageDigest?: string }

function withDigest(image: RevisionImage, digests: ImageDigests): RevisionImage {
  const imageDigest = digests[image.containerName]
  return imageDigest === undefined ? image : { ...image, imageDigest }
}
