import type { DeploymentRecord } from '../domain/deployment-record.ts'
import type { AccessLogTail } from '../engine/access-log-tail.ts'
import type { ServiceDeploymentRecord } from '../domain/service-deployment-record.ts'

/** A document that can be read at the endpoint with GET, beside the AWS calls: what AWS has no operation for. */
export type ReadableDocument = {
  /** Matches the whole path; its groups are what `read` is called with. */
  readonly path: RegExp
  /** Answers something to be written as JSON, or undefined where there is nothing. */
  read(...groups: readonly string[]): object | undefined | Promise<object | undefined>
}

/**
 * Something that can be asked for at the endpoint with POST and a JSON body, where AWS has no operation for it either; or with
 * PUT, whatever type its JSON is said to be of: no page of another site can send that without asking first.
 */
export type Deed = {
  readonly method?: 'POST' | 'PUT'
  /** Matches the whole path; its groups are what `perform` is called with. */
  readonly path: RegExp
  /**
   * Answers something to be written as JSON. Rejects with AwsError where it is refused, or with RefusedDeed. The signal is aborted when whoever
   * has asked is gone.
   */
  perform(body: unknown, signal: AbortSignal, ...groups: readonly string[]): Promise<object>
}

/** A refusal whose answer has a form of its own, not a `message` alone. */
export class RefusedDeed extends Error {
  readonly status: number
  readonly answer: object

  constructor(status: number, answer: object) {
    super(`Refused with ${status}.`)
    this.status = status
    this.answer = answer
  }
}

/** `GET /deployments/d-ABCDEF123.json`: the deployment's record. */
export function deploymentDocument(recordOf: (deploymentId: string) => DeploymentRecord | undefined): ReadableDocument {
  return { path: /^\/deployments\/(d-[0-9A-Z]+)\.json$/, read: (deploymentId = '') => recordOf(deploymentId) }
}

/**
 * `GET /access-logs/app/NAME/ID.json`: the lines of a load balancer's access log that are not in their bucket yet;
 * `GET /access-logs/app/NAME/ID/NEXT.json` goes on from there.
 */
export function accessLogDocument(
  tailOf: (resource: string, cursor: string | undefined) => Promise<AccessLogTail | undefined>,
): ReadableDocument {
  return {
    path: /^\/access-logs\/(app\/[A-Za-z0-9-]+\/[A-Za-z0-9]+)(?:\/([\w.~-]+))?\.json$/,
    read: (resource = '', cursor?: string) => tailOf(resource, cursor),
  }
}

/** `GET /deployments/0123456789abcdef01234.json`: the record of a deployment that ECS itself did, by the end of its ARN. */
export function serviceDeploymentDocument(
  recordOf: (id: string) => ServiceDeploymentRecord | undefined,
): ReadableDocument {
  return { path: /^\/deployments\/([0-9a-f]{21})\.json$/, read: (id = '') => recordOf(id) }
}

/** `GET /teal.json`: what a client cannot know from AWS's calls: that this is Teal, and how long a configured minute lasts. */
export function aboutDocument(about: {
  readonly version: string | undefined
  readonly minuteMilliseconds: number
}): ReadableDocument {
  return { path: /^\/teal\.json$/, read: () => about }
}

/** Undefined when no document is at this path. */
export async function readDocument(documents: readonly ReadableDocument[], path: string): Promise<object | undefined> {
  for (const document of documents) {
    const groups = document.path.exec(path)
    if (groups !== null) return document.read(...groups.slice(1))
  }
  return undefined
}
