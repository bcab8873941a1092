/**
 * Writes `docs/supported.md` from the code: every operation of every service, and whether it is there. Run
 * `node scripts/supported.ts` after a handler was added; a test tells when that was forgotten.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { certificateManager } from '../src/aws/acm/service.ts'
import { applicationAutoScaling } from '../src/aws/application-autoscaling/service.ts'
import { cloudWatch } from '../src/aws/cloudwatch/service.ts'
import { codeDeploy } from '../src/aws/codedeploy/service.ts'
import { ecs } from '../src/aws/ecs/service.ts'
import { elasticLoadBalancingV2 } from '../src/aws/elbv2/service.ts'
import type { AwsService } from '../src/aws/handlers.ts'
import { lambda } from '../src/aws/lambda/service.ts'
import { cloudWatchLogs } from '../src/aws/logs/service.ts'
import { s3 } from '../src/aws/s3/service.ts'
import { securityTokenService } from '../src/aws/sts/service.ts'
import { secretsManager } from '../src/aws/secretsmanager/service.ts'
import { systemsManager } from '../src/aws/ssm/service.ts'
import { behaviours, type Behaviour } from './supported-behaviours.ts'

const target = new URL('../docs/supported.md', import.meta.url)

/** The whole page. */
export function supportedPage(): string {
  const services = allServices()
  return [
    '# What is supported',
    'Made from the code by `node scripts/supported.ts`. An operation that is not supported is refused with an error that ' +
      'names it; so is a parameter that would have an effect on AWS and has none here.',
    ...services.map(serviceSection),
    ...tablesSection,
    '## Behaviours of CodeDeploy, and of what it needs',
    ...Object.entries(behaviours).map(([heading, list]) => behaviourSection(heading, list)),
  ]
    .join('\n\n')
    .concat('\n')
}

/** What dynalite answers for; its own package has no list. */
const tablesSection = [
  '## DynamoDB',
  'Answered by [dynalite](dynamodb.md), with its own errors for what it does not support. It supports:',
  'BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable DescribeTable DescribeTimeToLive GetItem ListTables '
    .concat('ListTagsOfResource PutItem Query Scan TagResource UntagResource UpdateItem UpdateTable')
    .split(' ')
    .map(code)
    .join(', ')
    .concat('.'),
]

/** Services which are only looked at: of the engine behind them nothing is there, and nothing is called. */
function allServices(): readonly AwsService[] {
  const nothing: unknown = new Proxy(() => undefined, { get: () => nothing })
  const engine = nothing as never
  return [
    codeDeploy(engine),
    ecs(engine),
    elasticLoadBalancingV2(engine),
    certificateManager(engine),
    cloudWatch(engine, engine),
    lambda(engine),
    s3(engine),
    securityTokenService(),
    secretsManager(engine),
    systemsManager(engine),
    cloudWatchLogs(engine),
    applicationAutoScaling(engine),
  ]
}

function serviceSection({ name, table, handlers }: AwsService): string {
  const operations = [...table().operations.keys()].toSorted()
  const isSupported = (operation: string): boolean => handlers.has(operation) && !isForInstances(operation)
  const supported = operations.filter(isSupported)
  const refused = operations.filter((operation) => !isSupported(operation))
  return [
    `## ${name}`,
    `${supported.length} of ${operations.length} operations are supported:`,
    `${supported.map(code).join(', ')}.`,
    ...(refused.length === 0 ? [] : ['Refused:', `${refused.map(code).join(', ')}.`]),
  ].join('\n\n')
}

/** They have a handler, which says that an ECS deployment has no instances. */
function isForInstances(operation: string): boolean {
  return /Deployment(Instance|Instances)$/.test(operation)
}

function behaviourSection(heading: string, list: readonly Behaviour[]): string {
  const rows = list.map(({ what, state, note }) => `- **${state}** ${what}${note === '' ? '' : `: ${note}`}`)
  return [`### ${heading}`, rows.join('\n')].join('\n\n')
}

function code(text: string): string {
  return `\`${text}\``
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, supportedPage())
