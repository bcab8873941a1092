import { Deadlines } from './deadlines.ts'
import type { Store, StoreChange } from './store.ts'

/**
 * What the service scheduler has to look at: the services that something has changed about, or for which a time has come;
 * and so the tasks without a service. What is at rest is never looked at.
 */
export class Attention {
  readonly #store: Store
  readonly #services = new Set<string>()
  /** Without a service, by ARN. */
  readonly #tasks = new Set<string>()
  readonly #deadlines = new Deadlines()

  constructor(store: Store) {
    this.#store = store
  }

  /** Everything, as it is found at a start. */
  all(): void {
    for (const { serviceArn } of this.#store.services.list()) this.#services.add(serviceArn)
    for (const task of this.#store.tasks.list()) this.task(task)
  }

  changed(changes: readonly StoreChange[]): void {
    for (const change of changes) this.#see(change)
  }

  /** What the load balancer says of the groups' targets has changed. */
  targetGroups(targetGroupArns: Iterable<string>): void {
    for (const targetGroupArn of targetGroupArns) {
      for (const { serviceArn } of this.#store.taskSets.ofTargetGroup(targetGroupArn)) this.#services.add(serviceArn)
    }
  }

  service(serviceArn: string): void {
    this.#services.add(serviceArn)
  }

  task({ taskArn, serviceArn }: { readonly taskArn: string; readonly serviceArn: string }): void {
    if (serviceArn === '') this.#tasks.add(taskArn)
    else this.#services.add(serviceArn)
  }

  taskWithId(taskId: string): void {
    for (const task of this.#store.tasks.withId(taskId)) this.task(task)
  }

  /** A service, or a task without one, has to be looked at then if nothing changes before. */
  lookAgain(subject: string, at: number): void {
    this.#deadlines.set(subject, at)
  }

  nextAt(): number {
    return this.#deadlines.first()
  }

  isDue(now: number): boolean {
    return this.#services.size > 0 || this.#tasks.size > 0 || this.#deadlines.first() <= now
  }

  /** Takes at most so many of what is due. */
  take(now: number, most: number): readonly Subject[] {
    for (const subject of this.#deadlines.takeDue(now)) {
      if (this.#store.services.has(subject)) this.#services.add(subject)
      else this.#tasks.add(subject)
    }
    return [...taken(this.#services, 'service', most), ...taken(this.#tasks, 'task', most)]
  }

  #see(change: StoreChange): void {
    const { kind, key } = change
    if (kind === 'services') this.#services.add(key)
    else if (kind === 'tasks') for (const task of versions(change)) this.task(task)
    else if (kind === 'taskSets' || kind === 'serviceDeployments' || kind === 'serviceRevisions') {
      for (const { serviceArn } of versions<{ readonly serviceArn: string }>(change)) this.#services.add(serviceArn)
    } else if (kind === 'targetGroups') this.targetGroups([key])
    else if (kind === 'alarms') {
      for (const { serviceArn } of this.#store.serviceDeployments.watching(key)) this.#services.add(serviceArn)
    }
  }
}

/** As it was, and as it is. */
function versions<Value>({
  before,
  value,
}: {
  readonly before: Value | undefined
  readonly value: Value | undefined
}): readonly Value[] {
  return [before, value].filter((version) => version !== undefined)
}

type Subject = { readonly kind: 'service' | 'task'; readonly arn: string }

function taken(arns: Set<string>, kind: Subject['kind'], most: number): readonly Subject[] {
  const subjects: Subject[] = []
  for (const arn of arns) {
    if (subjects.length === most) break
    subjects.push({ kind, arn })
    arns.delete(arn)
  }
  return subjects
}
