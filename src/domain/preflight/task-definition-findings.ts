import { fargateProviders } from '../capacity-provider.ts'
import { parseArn } from '../identifiers.ts'
import type { CapacityProviderStrategyItem } from '../service.ts'
import { containerFindings } from './container-findings.ts'
import { thingOf } from './facts.ts'
import type { AppSpecFacts, PreflightFacts, ServiceFacts, TaskDefinitionFacts } from './facts.ts'
import { errorAt, listed, noteAt, warningAt } from './finding.ts'
import type { Finding, FindingPlace } from './finding.ts'

/** What ECS would say against the task definition, by itself and in this service. */
export function taskDefinitionFindings(facts: PreflightFacts): readonly Finding[] {
  const appSpec = thingOf(facts.appSpec)
  const definition = thingOf(facts.taskDefinition)
  if (definition === undefined) return missing(facts)
  const service = thingOf(facts.service)
  return [
    ...(appSpec === undefined ? [] : containerFindings(appSpec, definition)),
    ...statusFindings(definition),
    ...(service === undefined ? [] : serviceFindings(definition, { appSpec, service })),
    ...networkFindings(definition, { appSpec, service }),
    ...executionRoleFindings(definition),
    ...fileFindings(definition),
  ]
}

function missing({ taskDefinition, appSpec, service, region }: PreflightFacts): readonly Finding[] {
  const named = thingOf(appSpec)?.taskDefinition
  if (named === undefined || taskDefinition.kind === 'unasked') return []
  const { accountId } = parseArn(thingOf(service)?.serviceArn ?? '') ?? {}
  const elsewhere = definitionElsewhere(named, { region, accountId })
  return taskDefinition.kind === 'absent' || elsewhere !== undefined ? [missingDefinition(named, elsewhere)] : []
}

/** Where the ARN says that it is, if that is not where the deployment is: what is of the same name there is no help. */
export function definitionElsewhere(
  named: string,
  { region, accountId }: { readonly region: string; readonly accountId: string | undefined },
): string | undefined {
  const of = parseArn(named)
  if (of === undefined) return undefined
  if (of.region !== region) return `is of region ${of.region}; the deployment is in ${region}`
  if (accountId === undefined || of.accountId === accountId) return undefined
  return `is of account ${of.accountId}; the deployment is in ${accountId}`
}

export function missingDefinition(name: string, elsewhere?: string): Finding {
  return errorAt(
    'task-definition-missing',
    { subject: 'AppSpec', field: ['TaskDefinition'] },
    {
      what: elsewhere === undefined ? `There is no task definition ${name}.` : `Task definition ${name} ${elsewhere}.`,
      why: 'ECS refuses the replacement task set: the deployment fails in Install.',
      how: 'Register it, and write the ARN it was given: `aws ecs list-task-definitions` lists those there are.',
    },
  )
}

export function statusFindings({ name, status }: Pick<TaskDefinitionFacts, 'name' | 'status'>): readonly Finding[] {
  if (status === undefined || status === 'ACTIVE') return []
  return [
    errorAt(
      'task-definition-inactive',
      { subject: 'TaskDefinition', id: name, field: ['status'] },
      {
        what: `The task definition ${name} is ${status}.`,
        why: 'New tasks cannot be started from it: the deployment fails in Install with "TaskDefinition is inactive".',
        how: 'Register it again, and write the ARN of the new revision into the AppSpec.',
      },
    ),
  ]
}

function serviceFindings(
  definition: TaskDefinitionFacts,
  { appSpec, service }: Around & { readonly service: ServiceFacts },
): readonly Finding[] {
  const fargate = isForFargate({ appSpec, service }) ? fargateFindings(definition) : []
  const live = service.primary?.taskDefinition.split('/').at(-1) ?? ''
  const liveFamily = live.slice(0, live.lastIndexOf(':'))
  if (liveFamily === '' || liveFamily === definition.family) return fargate
  return [
    ...fargate,
    warningAt('family-differs', placeOf(definition, 'family'), {
      what: `The task definition is of the family ${definition.family}; service ${service.serviceName} runs ${live}.`,
      why: 'It may be the definition of another service.',
      how: `Check that it is meant for ${service.serviceName}.`,
    }),
  ]
}

/** Whether the replacement task set is Fargate's: by the providers of the AppSpec, else as the service is now. */
function isForFargate({ appSpec, service }: Around): boolean {
  const ofAppSpec = appSpec?.capacityProviderStrategy ?? []
  if (ofAppSpec.length > 0) return isOfFargate(ofAppSpec)
  return service?.launchType === 'FARGATE' || isOfFargate(service?.capacityProviderStrategy ?? [])
}

function isOfFargate(strategy: readonly CapacityProviderStrategyItem[]): boolean {
  return strategy.some(({ capacityProvider }) => fargateProviders.includes(capacityProvider))
}

function fargateFindings(definition: TaskDefinitionFacts): readonly Finding[] {
  const { name, networkMode, requiresCompatibilities, cpu, memory } = definition
  const fargate = (field: string, what: string, how: string): Finding =>
    errorAt('fargate-settings', placeOf(definition, field), {
      what: `The tasks are to run on Fargate, but ${what}.`,
      why: 'ECS refuses the task definition, or the replacement task set that is made of it.',
      how,
    })
  const isFor = requiresCompatibilities.length === 0 || requiresCompatibilities.includes('FARGATE')
  return [
    ...(networkMode === 'awsvpc'
      ? []
      : [fargate('networkMode', `the network mode of ${name} is ${networkMode}`, 'Write "networkMode": "awsvpc".')]),
    ...(isFor
      ? []
      : [
          fargate(
            'requiresCompatibilities',
            `${name} requires ${listed(requiresCompatibilities)}`,
            'Write "requiresCompatibilities": ["FARGATE"].',
          ),
        ]),
    ...(cpu === undefined ? [fargate('cpu', `${name} has no cpu`, 'Write "cpu": "256", or more.')] : []),
    ...(memory === undefined ? [fargate('memory', `${name} has no memory`, 'Write "memory": "512", or more.')] : []),
  ]
}

type Around = { readonly appSpec: AppSpecFacts | undefined; readonly service: ServiceFacts | undefined }

function networkFindings({ networkMode }: TaskDefinitionFacts, { appSpec, service }: Around): readonly Finding[] {
  if (networkMode !== 'awsvpc' || appSpec === undefined || service === undefined) return []
  if (appSpec.hasNetworkConfiguration || service.hasNetworkConfiguration) return []
  return [
    errorAt(
      'network-configuration-missing',
      { subject: 'AppSpec', field: ['NetworkConfiguration'] },
      {
        what: 'The network mode is awsvpc, but neither the AppSpec nor the service has a network configuration.',
        why: 'ECS refuses the replacement task set: "Network Configuration must be provided when networkMode \'awsvpc\' is specified."',
        how: 'Give the AppSpec a NetworkConfiguration with AwsvpcConfiguration: Subnets, SecurityGroups, AssignPublicIp.',
      },
    ),
  ]
}

/** The agent of Fargate fetches images, secrets and log streams in the name of the execution role. */
function executionRoleFindings(definition: TaskDefinitionFacts): readonly Finding[] {
  if (definition.executionRoleArn !== undefined) return []
  const needing = definition.containerDefinitions.flatMap(({ name, image, secrets, logConfiguration }) => [
    ...(/\.dkr\.ecr\./.test(image) ? [`the image of ${name} comes from ECR`] : []),
    ...(secrets !== undefined && secrets.length > 0 ? [`${name} has secrets`] : []),
    ...(logConfiguration?.logDriver === 'awslogs' ? [`${name} logs to CloudWatch`] : []),
  ])
  if (needing.length === 0) return []
  return [
    warningAt('execution-role-missing', placeOf(definition, 'executionRoleArn'), {
      what: `The task definition has no execution role, but ${listed(needing)}.`,
      why: 'On Fargate of AWS such tasks do not start. Teal does not enforce roles.',
      how: 'Write "executionRoleArn" with a role that has AmazonECSTaskExecutionRolePolicy.',
    }),
  ]
}

/** Of a file only. */
function fileFindings(definition: TaskDefinitionFacts): readonly Finding[] {
  const { readOnlyMembers, placeholders } = definition
  return [
    ...(readOnlyMembers.length === 0
      ? []
      : [
          warningAt('read-only-members', placeOf(definition, readOnlyMembers[0] ?? ''), {
            what: `The task definition has members which ECS answers and does not accept: ${listed(readOnlyMembers)}.`,
            why: '`aws ecs register-task-definition` refuses the file.',
            how: 'Take them out; `teal render task-definition` prints it without them.',
          }),
        ]),
    ...(placeholders.length === 0
      ? []
      : [
          noteAt(
            'image-placeholder',
            { subject: 'TaskDefinition', id: definition.name, field: ['containerDefinitions'] },
            {
              what: `The task definition still holds ${listed(placeholders)}.`,
              why: 'Whatever deploys it has to fill that in, as CodePipeline does; registered as it is, its tasks would not find their image.',
              how: `Give the image to see it checked, too: --image ${(placeholders[0] ?? '').replaceAll(/[<>]/g, '')}=NAME:TAG`,
            },
          ),
        ]),
  ]
}

function placeOf({ name }: TaskDefinitionFacts, field: string): FindingPlace {
  return { subject: 'TaskDefinition', id: name, field: [field] }
}
