import { applicationKey } from '../../domain/code-deploy.ts'
import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import { parseArn } from '../../domain/identifiers.ts'
import type { Tags } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Call, Handlers } from '../handlers.ts'
import { deploymentGroupKey, type Here } from './lookups.ts'
import { quoted } from './names.ts'
import { page } from './pages.ts'

/** Tags of applications and deployment groups, by ARN. These three operations capitalise their members, as no others do. */
export function tagHandlers({ store }: Engine) {
  return {
    TagResource({ ResourceArn, Tags: tags }, call) {
      const resource = taggable({ store, call }, ResourceArn)
      resource.put(withinLimit({ ...resource.tags, ...checkedTags(tags) }))
      return {}
    },

    UntagResource({ ResourceArn, TagKeys }, call) {
      const resource = taggable({ store, call }, ResourceArn)
      const gone = new Set(TagKeys)
      resource.put(Object.fromEntries(Object.entries(resource.tags).filter(([key]) => !gone.has(key))))
      return {}
    },

    ListTagsForResource({ ResourceArn, NextToken }, call) {
      const { tags } = taggable({ store, call }, ResourceArn)
      const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      const request = { list: `tags of ${ResourceArn}`, keyOf: ({ Key }: { Key: string }) => Key, nextToken: NextToken }
      const { items, nextToken } = page(list, request)
      return { Tags: items, NextToken: nextToken }
    },
  } satisfies Handlers<typeof sdk>
}

/** @throws AwsError InvalidTagsToAddException for what cannot be a tag */
export function checkedTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): Tags {
  const checked = new Map<string, string>()
  for (const { Key: key, Value: value = '' } of tags) {
    if (key === undefined || key === '') throw invalidTags('A tag has no Key. Give it one of 1 to 128 characters')
    if (key.length > 128) throw invalidTags(`The tag key ${quoted(key)} has ${key.length} characters; 128 are allowed`)
    if (value.length > 256) {
      throw invalidTags(`The value of tag ${quoted(key)} has ${value.length} characters; 256 are allowed`)
    }
    if (key.toLowerCase().startsWith('aws:')) {
      throw invalidTags(`The tag key ${quoted(key)} begins with aws:, which AWS keeps for itself. Choose another`)
    }
    if (checked.has(key)) throw invalidTags(`The tag key ${quoted(key)} is given twice. Keep one`)
    checked.set(key, value)
  }
  return withinLimit(Object.fromEntries(checked))
}

function withinLimit(tags: Tags): Tags {
  const count = Object.keys(tags).length
  if (count > 50) throw invalidTags(`The resource would have ${count} tags; 50 are allowed. Remove some`)
  return tags
}

function invalidTags(message: string): AwsError {
  return new AwsError('InvalidTagsToAddException', `${message}.`)
}

type Taggable = { readonly tags: Tags; put(tags: Tags): void }

function taggable(here: Here, resourceArn: string): Taggable {
  const { region, resource } = codeDeployArn(here.call, resourceArn)
  const [kind, name = ''] = resource.split(/:(.*)/s)
  switch (kind ?? '') {
    case 'application':
      return taggableApplication(here, region, name)
    case 'deploymentgroup':
      return taggableGroup(here, region, name)
    default:
      throw new AwsError(
        'ArnNotSupportedException',
        `The ARN ${quoted(resourceArn)} is not supported: only applications (…:application:NAME) and deployment groups ` +
          '(…:deploymentgroup:APPLICATION/GROUP) have tags.',
      )
  }
}

function codeDeployArn({ accountId }: Pick<Call, 'accountId'>, resourceArn: string) {
  if (resourceArn === '') throw new AwsError('ResourceArnRequiredException', 'ResourceArn is missing')
  const parsed = parseArn(resourceArn)
  if (parsed?.service === 'codedeploy' && parsed.region !== '' && parsed.accountId === accountId) return parsed
  throw new AwsError(
    'InvalidArnException',
    `The ARN ${quoted(resourceArn)} is not valid. Pass arn:aws:codedeploy:REGION:${accountId}:application:NAME or ` +
      `arn:aws:codedeploy:REGION:${accountId}:deploymentgroup:APPLICATION/GROUP.`,
  )
}

function taggableApplication({ store }: Here, region: string, name: string): Taggable {
  const key = applicationKey(region, name)
  const application = store.applications.get(key)
  if (application === undefined) {
    throw new AwsError('ApplicationDoesNotExistException', `No application found for name: ${name}`)
  }
  return { tags: application.tags, put: (tags) => store.applications.put(key, { ...application, tags }) }
}

function taggableGroup({ store }: Here, region: string, path: string): Taggable {
  const [applicationName = '', groupName = ''] = path.split('/')
  const key = deploymentGroupKey(region, applicationName, groupName)
  const group = store.deploymentGroups.get(key)
  if (group === undefined) {
    throw new AwsError('DeploymentGroupDoesNotExistException', `No Deployment Group found for name: ${path}`)
  }
  return { tags: group.tags, put: (tags) => store.deploymentGroups.put(key, { ...group, tags }) }
}
