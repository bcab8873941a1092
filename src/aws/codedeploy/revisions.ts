import { revisionKey } from '../../domain/code-deploy.ts'
import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import {
  revisionId,
  type Application,
  type ApplicationRevision,
  type Revision,
  type S3Location,
  type S3Revision,
} from '../../domain/code-deploy.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import {
  applicationNamed,
  checkBatch,
  dateOf,
  deploymentGroupsOf,
  deploymentsOfGroup,
  lastSuccessful,
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
        revision: revisionLocation(namedAlike(registered.revision, named), { withContent: true }),
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
      const wanted = revisionsOf({ store, call }, application)
        .filter(({ revision }) => input.s3Bucket === undefined || isUnder(revision, input.s3Bucket, input.s3KeyPrefix))
        .filter((revision) => isWanted({ store, call }, revision, input.deployed ?? 'ignore'))
      const { items, nextToken } = page(
        sorted(wanted, input.sortBy ?? 'registerTime', input.sortOrder ?? 'ascending'),
        {
          list: `revisions of ${application.applicationName}`,
          keyOf: ({ revision }) => revisionId(revision),
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
    revision: revision.revisionType === 'S3' ? { revisionType: 'S3', s3Location: revision.s3Location } : revision,
    ...(news.description === undefined ? {} : { description: news.description }),
    ...(news.lastUsedTime === undefined ? {} : { lastUsedTime: news.lastUsedTime }),
  })
}

/** The revision, a text's with the text, which is the registered one's where the caller gave the digest alone. */
export function withText(here: Here, application: Application, named: NamedRevision): Revision {
  if (named.revisionType === 'S3') return named
  if (named.content !== undefined) return { ...named, content: named.content }
  const registered = findRevision(here, application, named) ?? missing(application, named)
  return namedAlike(registered.revision, named)
}

/** A text has two names, and is answered under the one that was asked for. */
function namedAlike(registered: Revision, named: NamedRevision): Revision {
  if (registered.revisionType === 'S3' || named.revisionType === 'S3') return registered
  return { ...registered, revisionType: named.revisionType }
}

/** In S3 the one whose version and ETag are those asked for; one that is not asked for may be any, the newest first. */
function findRevision(here: Here, application: Application, named: NamedRevision): ApplicationRevision | undefined {
  const { store, call } = here
  const exact = store.revisions.get(revisionKey(call.region, application.applicationName, named))
  if (exact !== undefined || named.revisionType !== 'S3') return exact
  return revisionsOf(here, application)
    .toSorted((one, other) => other.registerTime - one.registerTime)
    .find(({ revision }) => revision.revisionType === 'S3' && isMeant(revision.s3Location, named.s3Location))
}

function isMeant(registered: S3Location, named: S3Location): boolean {
  return (
    registered.bucket === named.bucket &&
    registered.key === named.key &&
    registered.bundleType === named.bundleType &&
    (named.version === undefined || named.version === registered.version) &&
    (named.eTag === undefined || named.eTag === registered.eTag)
  )
}

function missing({ applicationName }: Application, named: NamedRevision): never {
  throw new AwsError(
    'RevisionDoesNotExistException',
    named.revisionType === 'S3'
      ? `Application ${applicationName} has no revision ${nameOf(named)}. Register it, or pass the location it was registered with.`
      : `Application ${applicationName} has no revision with the sha256 '${named.sha256}'. Pass its content as well, or register it.`,
  )
}

function unknownText({ applicationName }: Application, unknown: readonly NamedRevision[]): string {
  const digests = unknown.flatMap((named) => (named.revisionType === 'S3' ? [] : [`'${named.sha256}'`]))
  const places = unknown.flatMap((named) => (named.revisionType === 'S3' ? [nameOf(named)] : []))
  const texts = [
    ...(digests.length === 0 ? [] : [`with the sha256 ${digests.join(', ')}`]),
    ...(places.length === 0 ? [] : [places.join(', ')]),
  ]
  return `Application ${applicationName} has no revision ${texts.join(', or ')}.`
}

function nameOf({ s3Location: { bucket, key, bundleType, version, eTag } }: S3Revision): string {
  const details = [
    bundleType,
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(eTag === undefined ? [] : [`ETag ${eTag}`]),
  ]
  return `s3://${bucket}/${key} (${details.join(', ')})`
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

function isUnder(revision: Revision, bucket: string, keyPrefix = ''): boolean {
  if (revision.revisionType !== 'S3') return false
  return revision.s3Location.bucket === bucket && revision.s3Location.key.startsWith(keyPrefix)
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
  const id = revisionId(revision)
  return deploymentGroupsOf(here, applicationName)
    .filter((group) => {
      const last = lastSuccessful(deploymentsOfGroup(here, group))
      return last !== undefined && revisionId(last.revision) === id
    })
    .map(({ deploymentGroupName }) => deploymentGroupName)
}
