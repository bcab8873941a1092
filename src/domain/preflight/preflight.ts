import { capacityProviderFindings } from './capacity-provider-findings.ts'
import { durationFindings } from './duration-findings.ts'
import { thingOf } from './facts.ts'
import type { Looked, Named, PreflightFacts } from './facts.ts'
import { errorAt, noteAt } from './finding.ts'
import type { Finding, Severity, Subject } from './finding.ts'
import { hookFindings } from './hook-findings.ts'
import { listenerFindings } from './listener-findings.ts'
import { alarmFindings, placeOfGroup, serviceFindings } from './service-findings.ts'
import { targetGroupFindings } from './target-group-findings.ts'
import { taskDefinitionFindings } from './task-definition-findings.ts'

/** Everything that is known against a deployment before it begins, the worst first. */
export function preflight(facts: PreflightFacts): readonly Finding[] {
  const findings = [
    ...serviceFindings(facts),
    ...taskDefinitionFindings(facts),
    ...capacityProviderFindings(facts),
    ...targetGroupFindings(facts),
    ...listenerFindings(facts),
    ...hookFindings(facts),
    ...alarmFindings(facts),
    ...configFindings(facts),
    ...durationFindings(facts),
    ...unknownFindings(facts),
  ]
  return findings.toSorted((one, other) => rank[one.severity] - rank[other.severity])
}

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 }

function configFindings({ trafficRouting, group }: PreflightFacts): readonly Finding[] {
  const settings = thingOf(group)
  if (trafficRouting.kind !== 'absent' || settings === undefined) return []
  return [
    errorAt('deployment-config-missing', placeOfGroup(settings, 'deploymentConfigName'), {
      what: `There is no deployment configuration ${settings.deploymentConfigName} for ECS.`,
      why: 'CreateDeployment refuses it.',
      how: 'Use CodeDeployDefault.ECSAllAtOnce or another that `aws deploy list-deployment-configs` lists for ECS.',
    }),
  ]
}

/** What could not be looked at is said, so that silence means that all is well. */
function unknownFindings(facts: PreflightFacts): readonly Finding[] {
  const all: readonly Seen[] = [
    { subject: 'TaskDefinition', name: thingOf(facts.appSpec)?.taskDefinition ?? '', looked: facts.taskDefinition },
    { subject: 'DeploymentGroup', name: '', looked: facts.group },
    { subject: 'Service', name: '', looked: facts.service },
    { subject: 'Cluster', name: '', looked: facts.capacityProviders },
    {
      subject: 'DeploymentConfig',
      name: thingOf(facts.group)?.deploymentConfigName ?? '',
      looked: facts.trafficRouting,
    },
    ...seen('TargetGroup', facts.targetGroups),
    ...seen('Listener', facts.listeners),
    ...seen('Function', facts.functions),
    ...seen('Alarm', facts.alarms),
  ]
  return all.flatMap(({ subject, name, looked }) => {
    if (looked.kind !== 'unknown') return []
    const where = { subject, ...(name === '' ? {} : { id: name }) }
    return [
      noteAt('not-looked-at', where, {
        what: `${words[subject]}${name === '' ? '' : ` ${name}`} was not looked at: ${looked.reason}.`,
        why: 'What may be wrong there is not known.',
        how: 'Give the caller the right to read it, or check it by hand.',
      }),
    ]
  })
}

type Seen = { readonly subject: Subject; readonly name: string; readonly looked: Looked<unknown> }

function seen(subject: Subject, things: readonly Named<unknown>[]): readonly Seen[] {
  return things.map(({ name, looked }) => ({ subject, name, looked }))
}

const words: Readonly<Record<Subject, string>> = {
  AppSpec: 'The AppSpec',
  TaskDefinition: 'The task definition',
  DeploymentGroup: 'The deployment group',
  DeploymentConfig: 'The deployment configuration',
  Service: 'The service',
  Cluster: 'The cluster',
  TargetGroup: 'The target group',
  LoadBalancer: 'The load balancer',
  Listener: 'The listener',
  Function: 'The function',
  Alarm: 'The alarm',
}
