import { applicationKey, revisionKey } from '../../domain/code-deploy.ts'
import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { Application } from '../../domain/code-deploy.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { applicationNamed, checkBatch, dateOf, deploymentGroupKey, deploymentGroupsOf, type Here } from './lookups.ts'
import { checkedApplicationName } from './names.ts'
import { page } from './pages.ts'
import { checkedTags } from './tags.ts'

/** Applications: the names under which a region keeps its deployment groups and revisions. */
export function applicationHandlers(engine: Engine) {
  return { ...applicationChanges(engine), ...applicationQueries(engine) }
}

function applicationChanges({ store, clock, chance }: Engine) {
  return {
    CreateApplication({ applicationName, computePlatform, tags }, call) {
      const name = checkedApplicationName(applicationName)
      checkComputePlatform(computePlatform)
      const given = checkedTags(tags ?? [])
      refuseTaken({ store, call }, name)
      checkApplicationCount({ store, call })
      const applicationId = chance.uuid()
      store.applications.put(applicationKey(call.region, name), {
        applicationId,
        applicationName: name,
        region: call.region,
        computePlatform: 'ECS',
        createTime: clock.now(),
        tags: given,
      })
      return { applicationId }
    },

    UpdateApplication({ applicationName, newApplicationName }, call) {
      const application = applicationNamed({ store, call }, applicationName)
      if (newApplicationName === undefined) return {}
      const newName = checkedApplicationName(newApplicationName)
      refuseTaken({ store, call }, newName)
      store.transaction(() => rename({ store, call }, application, newName))
      return {}
    },

    /** Its groups and revisions go with it; a deployment that is running goes on to its end. */
    DeleteApplication({ applicationName }, call) {
      const key = applicationKey(call.region, checkedApplicationName(applicationName))
      const application = store.applications.get(key)
      if (application === undefined) return {} // As on AWS, which lists no DoesNotExist error for it.
      store.transaction(() => {
        for (const { deploymentGroupName } of deploymentGroupsOf({ store, call }, application.applicationName)) {
          store.deploymentGroups.delete(
            deploymentGroupKey(call.region, application.applicationName, deploymentGroupName),
          )
        }
        for (const { revision } of revisionsOf({ store, call }, application)) {
          store.revisions.delete(revisionKey(call.region, application.applicationName, revision))
        }
        store.applications.delete(key)
      })
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

function applicationQueries({ store }: Engine) {
  return {
    GetApplication({ applicationName }, call) {
      return { application: applicationInfo(applicationNamed({ store, call }, applicationName)) }
    },

    BatchGetApplications({ applicationNames }, call) {
      checkBatch(applicationNames, { limit: 100, member: 'applicationNames' })
      if (applicationNames.length === 0) checkedApplicationName(undefined)
      const applications = applicationNames.map((name) => applicationNamed({ store, call }, name))
      return { applicationsInfo: applications.map(applicationInfo) }
    },

    ListApplications({ nextToken }, call) {
      const names = applicationsIn({ store, call }).map(({ applicationName }) => applicationName)
      const { items, nextToken: next } = page(names, { list: 'applications', keyOf: (name) => name, nextToken })
      return { applications: items, nextToken: next }
    },
  } satisfies Handlers<typeof sdk>
}

function checkComputePlatform(computePlatform: string | undefined): void {
  if (computePlatform === 'ECS') return
  const what =
    computePlatform === undefined
      ? 'computePlatform is not given, which means Server'
      : `computePlatform is ${computePlatform}`
  throw new AwsError(
    'InvalidComputePlatformException',
    `${what}, but only the ECS compute platform can be deployed here. Pass computePlatform ECS.`,
  )
}

function refuseTaken({ store, call }: Here, applicationName: string): void {
  if (!store.applications.has(applicationKey(call.region, applicationName))) return
  throw new AwsError(
    'ApplicationAlreadyExistsException',
    `The application ${applicationName} already exists with the user or AWS account.`,
  )
}

function checkApplicationCount(here: Here): void {
  if (applicationsIn(here).length < 1000) return
  throw new AwsError(
    'ApplicationLimitExceededException',
    `There are 1000 applications in ${here.call.region} already, and no more are allowed. Delete one that is not used.`,
  )
}

function applicationsIn({ store, call }: Here): readonly Application[] {
  return store.applications.list().filter(({ region }) => region === call.region)
}

function applicationInfo({ applicationId, applicationName, computePlatform, createTime }: Application) {
  return { applicationId, applicationName, computePlatform, createTime: dateOf(createTime), linkedToGitHub: false }
}

/** Everything that knows the application by its name learns the new one. */
function rename({ store, call }: Here, application: Application, newName: string): void {
  const oldName = application.applicationName
  for (const group of deploymentGroupsOf({ store, call }, oldName)) {
    store.deploymentGroups.delete(deploymentGroupKey(call.region, oldName, group.deploymentGroupName))
    const key = deploymentGroupKey(call.region, newName, group.deploymentGroupName)
    store.deploymentGroups.put(key, { ...group, applicationName: newName })
  }
  for (const revision of revisionsOf({ store, call }, application)) {
    store.revisions.delete(revisionKey(call.region, oldName, revision.revision))
    const key = revisionKey(call.region, newName, revision.revision)
    store.revisions.put(key, { ...revision, applicationName: newName })
  }
  for (const deployment of store.deployments.list()) {
    if (deployment.region !== call.region || deployment.applicationName !== oldName) continue
    store.deployments.put(deployment.deploymentId, { ...deployment, applicationName: newName })
  }
  store.applications.delete(applicationKey(call.region, oldName))
  store.applications.put(applicationKey(call.region, newName), { ...application, applicationName: newName })
}

function revisionsOf({ store, call }: Here, { applicationName }: Application) {
  return store.revisions
    .list()
    .filter((revision) => revision.region === call.region && revision.applicationName === applicationName)
}
