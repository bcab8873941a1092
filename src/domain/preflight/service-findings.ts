import { thingOf } from './facts.ts'
import type { GroupFacts, PreflightFacts, ServiceFacts } from './facts.ts'
import { errorAt, listed, noteAt, warningAt } from './finding.ts'
import type { Finding, FindingPlace } from './finding.ts'

/** Whether the deployment group is there and free, and its service can be deployed by CodeDeploy. */
export function serviceFindings(facts: PreflightFacts): readonly Finding[] {
  const group = thingOf(facts.group)
  const service = thingOf(facts.service)
  return [
    ...groupFindings(facts),
    ...(group === undefined ? [] : [...runningFindings(facts, group), ...rollbackFindings(group)]),
    ...(facts.service.kind === 'absent' && group !== undefined ? [missingService(group)] : []),
    ...(service === undefined ? [] : stateFindings(service)),
  ]
}

function groupFindings({ group, isGroupPlanned = false, region }: PreflightFacts): readonly Finding[] {
  if (group.kind !== 'absent' && !isGroupPlanned) return []
  return [
    errorAt(
      'group-missing',
      { subject: 'DeploymentGroup' },
      {
        what: `There is no such deployment group in ${region}.`,
        why: 'CreateDeployment refuses with DeploymentGroupDoesNotExistException or ApplicationDoesNotExistException.',
        how: 'Create it with `aws deploy create-deployment-group`, or name another with --application and --deployment-group.',
      },
    ),
  ]
}

function runningFindings({ runningDeploymentId }: PreflightFacts, group: GroupFacts): readonly Finding[] {
  if (runningDeploymentId === undefined) return []
  return [
    errorAt('deployment-running', placeOfGroup(group), {
      what: `The deployment ${runningDeploymentId} of group ${group.deploymentGroupName} has not ended.`,
      why: 'A group has one deployment at a time: CreateDeployment refuses with DeploymentLimitExceededException.',
      how: `Wait for it; \`teal deployment ${runningDeploymentId}\` tells how it is, and what can be done with it.`,
    }),
  ]
}

function rollbackFindings(group: GroupFacts): readonly Finding[] {
  if (group.autoRollbackEvents.includes('DEPLOYMENT_FAILURE')) return []
  return [
    noteAt('rollback-off', placeOfGroup(group, 'autoRollbackConfiguration'), {
      what: `The group ${group.deploymentGroupName} does not roll back when a deployment fails.`,
      why: 'What fails stays as it is: green keeps running, and traffic stays where it was.',
      how: 'Give it {"enabled": true, "events": ["DEPLOYMENT_FAILURE"]}.',
    }),
  ]
}

function missingService(group: GroupFacts): Finding {
  return errorAt('service-missing', placeOfGroup(group, 'ecsServices'), {
    what: `The service of deployment group ${group.deploymentGroupName} does not exist.`,
    why: 'The deployment fails at once: CodeDeploy could not load the ECS service.',
    how: "Create the service, or update the group's ecsServices.",
  })
}

function stateFindings(service: ServiceFacts): readonly Finding[] {
  const { serviceName, status, deploymentController, desiredCount, primary } = service
  const at = (field: string): FindingPlace => ({ subject: 'Service', id: service.serviceArn, field: [field] })
  if (status !== 'ACTIVE') {
    return [
      errorAt('service-not-active', at('status'), {
        what: `The service ${serviceName} is ${status}.`,
        why: 'The deployment fails at once.',
        how: 'Create the service again.',
      }),
    ]
  }
  if (deploymentController !== 'CODE_DEPLOY') {
    return [
      errorAt('service-controller', at('deploymentController'), {
        what: `The deployment controller of service ${serviceName} is ${deploymentController}, not CODE_DEPLOY.`,
        why: 'CodeDeploy refuses it with InvalidECSServiceException.',
        how: 'Create the service with --deployment-controller type=CODE_DEPLOY, or deploy it with `aws ecs update-service`.',
      }),
    ]
  }
  return [
    ...(primary === undefined
      ? [
          errorAt('primary-missing', at('taskSets'), {
            what: `The service ${serviceName} has no PRIMARY task set.`,
            why: 'There is nothing the deployment could replace: it fails at once.',
            how: 'Create the service with a task definition.',
          }),
        ]
      : []),
    ...(desiredCount > 0
      ? notRunningFindings(service)
      : [
          warningAt('service-empty', at('desiredCount'), {
            what: `The service ${serviceName} wants no tasks: its desired count is 0.`,
            why: 'Green is made with no tasks either, so the deployment succeeds and proves nothing.',
            how: `Scale it first: aws ecs update-service --service ${serviceName} --desired-count 1`,
          }),
        ]),
  ]
}

function notRunningFindings({ serviceArn, serviceName, desiredCount, primary }: ServiceFacts): readonly Finding[] {
  if (primary === undefined || primary.runningCount > 0) return []
  const [, name = serviceName] = serviceArn.split(':service/')
  const wanted = desiredCount === 1 ? 'does not run its one task' : `runs none of its ${desiredCount} tasks`
  return [
    warningAt(
      'service-not-running',
      { subject: 'Service', id: serviceArn, field: ['runningCount'] },
      {
        what: `The service ${serviceName} ${wanted}.`,
        why: "There is no blue that serves: what keeps its tasks from running may keep green's, and a rollback would return to nothing.",
        how: `See why they ended: teal tasks ${name} --stopped. Where the new version mends it, deploy.`,
      },
    ),
  ]
}

/** What the deployment would do about alarms: it stops at once when one of them fires. */
export function alarmFindings(facts: PreflightFacts): readonly Finding[] {
  const group = thingOf(facts.group)
  if (group === undefined) return []
  const noRollback = group.alarmNames.length > 0 && !group.autoRollbackEvents.includes('DEPLOYMENT_STOP_ON_ALARM')
  return [
    ...facts.alarms.flatMap(({ name, looked }) => {
      if (looked.kind === 'absent') return [missingAlarm(name, group)]
      return looked.kind === 'found' ? alarmStateFindings(name, looked.thing.state, looked.thing.reason) : []
    }),
    ...(noRollback
      ? [
          warningAt('alarm-without-rollback', placeOfGroup(group, 'autoRollbackConfiguration'), {
            what: `The group watches ${listed(group.alarmNames)}, but does not roll back when one fires.`,
            why: 'A deployment that an alarm stops stays where it is: part of the traffic, or all, stays on green.',
            how: 'Add DEPLOYMENT_STOP_ON_ALARM to the events of autoRollbackConfiguration.',
          }),
        ]
      : []),
  ]
}

function missingAlarm(name: string, group: GroupFacts): Finding {
  const words = {
    what: `There is no alarm ${name}, which deployment group ${group.deploymentGroupName} watches.`,
    how: 'Create the alarm, or take its name out of alarmConfiguration.',
  }
  const where = placeOfGroup(group, 'alarmConfiguration')
  if (group.ignorePollAlarmFailure) {
    return warningAt('alarm-missing', where, { ...words, why: 'It would never stop a deployment.' })
  }
  return errorAt('alarm-missing', where, {
    ...words,
    why: 'A deployment whose alarms cannot be read is stopped (ignorePollAlarmFailure is false).',
  })
}

function alarmStateFindings(name: string, state: string, reason: string | undefined): readonly Finding[] {
  const where: FindingPlace = { subject: 'Alarm', id: name, field: ['StateValue'] }
  const because = reason === undefined || reason === '' ? '' : ` CloudWatch says: ${reason}`
  if (state === 'ALARM') {
    return [
      errorAt('alarm-firing', where, {
        what: `The alarm ${name} is in ALARM now.${because}`,
        why: 'An alarm that is firing when the deployment begins stops it at once (ALARM_ACTIVE).',
        how: 'Mend what it complains of first; to deploy the remedy itself, use --override-alarm-configuration enabled=false.',
      }),
    ]
  }
  if (state !== 'INSUFFICIENT_DATA') return []
  return [
    noteAt('alarm-without-data', where, {
      what: `The alarm ${name} has no data.`,
      why: 'It would not stop a deployment until it has. Load balancers publish no counts while there is no traffic.',
      how: 'Check its metric and dimensions; TreatMissingData: notBreaching makes it OK while there is no traffic.',
    }),
  ]
}

export function placeOfGroup(group: GroupFacts, ...field: readonly string[]): FindingPlace {
  return { subject: 'DeploymentGroup', id: `${group.applicationName}/${group.deploymentGroupName}`, field }
}
