import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { Application, ApplicationRevision, Revision } from '../../domain/code-deploy.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import {
  applicationNamed,
  checkBatch,
  dateOf,
  deploymentGroupsOf,
  deploymentsOfGroup,
  lastSuccessful,
  revisionKey,
  type Here,
} from './lookups.ts'
import { checkedDescription } from './names.ts'
import { page } from './pages.ts'
import { readRevisionLocation, revisionLocation, type NamedRevision } from './revision-location.ts'

/** The revisions of an application: AppSpecs that were registered, or deployed, which registers them too. */
export function revisionHandlers(engine: Engine) {
  return { ...revisionChanges(engine), ...revisionQueries(engine) }
}

function revisionChanges({ store, clock }: Engine) {
  return {
    RegisterApplicationRevision({ applicationName, description, revision }, call) {
      const application = applicationNamed({ store, call }, applicationName)
      const text = checkedDescription(description)
      const known = withText({ store, call }, application, readRevisionLocation(revision))
      registerRevision({ store, call }, application, known, {
        registerTime: clock.now(),
        ...(text === undefined ? {} : { description: text }),
      })
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

function revisionQueries({ store }: Engine) {
  return {
    GetApplicationRevision({ applicationName, revision }, call) {
      const application = applicationNamed({ store, call }, applicationName)
      const named = readRevisionLocation(revision)
      const registered = findRevision({ store, call }, application, named) ?? missing(application, named)
      return {
        applicationName: application.applicationName,
        revision: revisionLocation({ ...registered.revision, revisionType: named.revisionType }, { withContent: true }),
        revisionInfo: genericInfo({ store, call }, registered),
      }
    },

    BatchGetApplicationRevisions({ applicationName, revisions }, call) {
      const application = applicationNamed({ store, call }, applicationName)
      checkBatch(revisions, { limit: 25, member: 'revisions' })
      if (revisions.length === 0) readRevisionLocation(undefined)
      const named = revisions.map(readRevisionLocation)
      const found = named.map((one) => findRevision({ store, call }, application, one))
      const unknown = named.filter((_, index) => found[index] === undefined)
      return {
        applicationName: application.applicationName,
        revisions: found.flatMap((registered) =>
          registered === undefined ? [] : [revisionInfo({ store, call }, registered)],
        ),
        errorMessage: unknown.length === 0 ? undefined : unknownText(application, unknown),
      }
    },

    ListApplicationRevisions(input, call) {
      const application = applicationNamed({ store, call }, input.applicationName)
      checkS3Filters(input)
      // No revision of this version's is in S3, so a filter by bucket leaves none.
      const revisions = input.s3Bucket === undefined ? revisionsOf({ store, call }, application) : []
      const wanted = revisions.filter((revision) => isWanted({ store, call }, revision, input.deployed ?? 'ignore'))
      const { items, nextToken } = page(
        sorted(wanted, input.sortBy ?? 'registerTime', input.sortOrder ?? 'ascending'),
        {
          list: `revisions of ${application.applicationName}`,
          keyOf: ({ revision }) => revision.sha256,
          nextToken: input.nextToken,
        },
      )
      return { revisions: items.map(({ revision }) => revisionLocation(revision, { withContent: false })), nextToken }
    },
  } satisfies Handlers<typeof sdk>
}

/** Keeps a revision, or what is new of one that is kept already. */
export function registerRevision(
  { store, call }: Here,
  { applicationName }: Application,
  revision: Revision,
  news: Pick<ApplicationRevision, 'registerTime' | 'description' | 'firstUsedTime' | 'lastUsedTime'>,
): void {
  const key = revisionKey(call.region, applicationName, revision)
  const known = store.revisions.get(key)
  store.revisions.put(key, {
    ...news,
    ...known,
    applicationName,
    region: call.region,
    revision,
    ...(news.description === undefined ? {} : { description: news.description }),
    ...(news.lastUsedTime === undefined ? {} : { lastUsedTime: news.lastUsedTime }),
  })
}

/** The revision with its text, which is the registered one's where the caller gave the digest alone. */
export function withText(here: Here, application: Application, named: NamedRevision): Revision {
  if (named.content !== undefined) return { ...named, content: named.content }
  const registered = findRevision(here, application, named) ?? missing(application, named)
  return { ...registered.revision, revisionType: named.revisionType }
}

function findRevision({ store, call }: Here, { applicationName }: Application, named: NamedRevision) {
  return store.revisions.get(revisionKey(call.region, applicationName, named))
}

function missing({ applicationName }: Application, { sha256 }: NamedRevision): never {
  throw new AwsError(
    'RevisionDoesNotExistException',
    `Application ${applicationName} has no revision with the sha256 '${sha256}'. Pass its content as well, or register it.`,
  )
}

function unknownText({ applicationName }: Application, unknown: readonly NamedRevision[]): string {
  return `Application ${applicationName} has no revision with the sha256 ${unknown.map(({ sha256 }) => `'${sha256}'`).join(', ')}.`
}

function revisionsOf({ store, call }: Here, { applicationName }: Application): readonly ApplicationRevision[] {
  return store.revisions
    .list()
    .filter((revision) => revision.region === call.region && revision.applicationName === applicationName)
}

function checkS3Filters({
  s3Bucket,
  s3KeyPrefix,
}: Pick<sdk.ListApplicationRevisionsInput, 's3Bucket' | 's3KeyPrefix'>): void {
  if (s3KeyPrefix === undefined || s3Bucket !== undefined) return
  throw new AwsError(
    'BucketNameFilterRequiredException',
    's3KeyPrefix is given without s3Bucket. Pass both, or neither.',
  )
}

function isWanted(here: Here, revision: ApplicationRevision, deployed: sdk.ListStateFilterAction): boolean {
  if (deployed === 'ignore') return true
  return targetGroupsOf(here, revision).length > 0 === (deployed === 'include')
}

function sorted(
  revisions: readonly ApplicationRevision[],
  sortBy: sdk.ApplicationRevisionSortBy,
  sortOrder: sdk.SortOrder,
): readonly ApplicationRevision[] {
  const ascending = revisions.toSorted((one, other) => (one[sortBy] ?? 0) - (other[sortBy] ?? 0))
  return sortOrder === 'ascending' ? ascending : ascending.toReversed()
}

function revisionInfo(here: Here, registered: ApplicationRevision) {
  return {
    revisionLocation: revisionLocation(registered.revision, { withContent: true }),
    genericRevisionInfo: genericInfo(here, registered),
  }
}

function genericInfo(here: Here, registered: ApplicationRevision) {
  const { description, registerTime, firstUsedTime, lastUsedTime } = registered
  return {
    description,
    deploymentGroups: targetGroupsOf(here, registered),
    registerTime: dateOf(registerTime),
    firstUsedTime: dateOf(firstUsedTime),
    lastUsedTime: dateOf(lastUsedTime),
  }
}

/** The groups whose last successful deployment was of this revision. */
function targetGroupsOf(here: Here, { applicationName, revision }: ApplicationRevision): readonly string[] {
  return deploymentGroupsOf(here, applicationName)
    .filter((group) => lastSuccessful(deploymentsOfGroup(here, group))?.revision.sha256 === revision.sha256)
    .map(({ deploymentGroupName }) => deploymentGroupName)
}
