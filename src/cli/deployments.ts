import type { DeploymentInfo } from '@aws-sdk/client-codedeploy'
import type { ServiceDeploymentBrief } from '@aws-sdk/client-ecs'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { awsCommand, awsHelp, codeDeployAccess, forAwsUser } from './aws-access.ts'
import type { AwsOptions, CodeDeployAccess } from './aws-access.ts'
import { awsClients } from './aws-clients.ts'
import { allServices, serviceDeployments } from './own-services.ts'
import { describeService, serviceNamed } from './service-access.ts'
import { table, dateAndTime, spanOf } from './text.ts'

type DeploymentsOptions = AwsOptions & {
  readonly json: boolean
  readonly last: number
  readonly service?: string
  readonly all: boolean
}

type ListOptions = Omit<DeploymentsOptions, 'all' | 'service'>

/** What BatchGetDeployments takes at once. */
const mostPerCall = 25

export function deploymentsCommand(): Command {
  return awsCommand('deployments')
    .summary('list deployments')
    .description('Lists the deployments of the region, the newest first.')
    .option('--service <cluster/service>', 'those of this service that ECS itself did')
    .option('--all', "also those that ECS itself did, of all services; their id is an ARN's end", false)
    .option('--last <number>', 'how many, at most', parseCount, 20)
    .option('--json', 'print them as JSON, as AWS answers', false)
    .addHelpText('after', help)
    .action(deployments)
}

const help = `
Examples:
  $ teal deployments
  $ teal deployments --last 100 --json
  $ teal deployments --service prod/web
  $ teal deployments --all
${awsHelp}`

async function deployments({ json, last, service, all, ...options }: DeploymentsOptions): Promise<void> {
  if (all) {
    await ofBoth({ json, last, ...options })
    return
  }
  if (service !== undefined) {
    await ofService(service, { json, last, ...options })
    return
  }
  const access = await codeDeployAccess(options)
  try {
    const infos = await newest(access, last)
    if (json) console.log(JSON.stringify(infos, undefined, 2))
    else if (infos.length === 0)
      console.log(`There are no deployments in ${await access.region()} at ${access.endpoint()}.`)
    else console.log([...table([heading, ...infos.map(row)]), '', 'More: teal deployment ID'].join('\n'))
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

/** ListDeployments does not say in which order it lists: the times do. */
async function newest(
  { codeDeploy }: Pick<CodeDeployAccess, 'codeDeploy'>,
  last: number,
): Promise<readonly DeploymentInfo[]> {
  const { BatchGetDeploymentsCommand, paginateListDeployments } = await import('@aws-sdk/client-codedeploy')
  const ids: string[] = []
  for await (const page of paginateListDeployments({ client: codeDeploy }, {})) ids.push(...(page.deployments ?? []))
  const infos: DeploymentInfo[] = []
  for (let at = 0; at < ids.length; at += mostPerCall) {
    const deploymentIds = ids.slice(at, at + mostPerCall)
    const { deploymentsInfo = [] } = await codeDeploy.send(new BatchGetDeploymentsCommand({ deploymentIds }))
    infos.push(...deploymentsInfo)
  }
  return infos.toSorted((one, other) => timeOf(other) - timeOf(one)).slice(0, last)
}

const heading = ['ID', 'STATUS', 'CREATED', 'TOOK', 'APPLICATION / GROUP']

function row(info: DeploymentInfo): readonly string[] {
  const { deploymentId = '', status = '', createTime, completeTime, creator } = info
  const took = createTime && completeTime ? spanOf(completeTime.getTime() - createTime.getTime()) : ''
  const isRollback = creator === 'codeDeployRollback'
  const what = `${info.applicationName} / ${info.deploymentGroupName}${isRollback ? ' (rollback)' : ''}`
  return [deploymentId, status, createTime === undefined ? '' : dateAndTime(createTime), took, what]
}

function timeOf({ createTime }: DeploymentInfo): number {
  return createTime?.getTime() ?? 0
}

function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (count < 1) throw new InvalidArgumentError('It is a number from 1 to 9999.')
  return count
}

/** CodeDeploy's and those of ECS itself, by time. */
async function ofBoth({ json, last, ...options }: ListOptions): Promise<void> {
  const clients = await awsClients(options)
  try {
    const infos = (await newest(clients, last)).map((info) => ({ at: timeOf(info), cells: row(info), brief: info }))
    const services = (await allServices(clients)).filter(
      ({ deploymentController: { type } = {} }) => type !== 'EXTERNAL',
    )
    const native = await Promise.all(
      services.map(async ({ clusterArn = '', serviceName = '' }) => {
        const briefs = await serviceDeployments(clients, { cluster: clusterArn, service: serviceName })
        const name = `${clusterArn.split('/').at(-1)}/${serviceName} (ECS)`
        return briefs.map((brief) => {
          return { at: Number(brief.createdAt ?? 0), cells: [...serviceRow(brief).slice(0, 4), name], brief }
        })
      }),
    )
    const both = [...infos, ...native.flat()].toSorted((one, other) => other.at - one.at).slice(0, last)
    const text = [...table([headingOfBoth, ...both.map(({ cells }) => cells)]), '', 'More: teal deployment ID']
    if (json)
      console.log(
        JSON.stringify(
          both.map(({ brief }) => brief),
          undefined,
          2,
        ),
      )
    else console.log(both.length === 0 ? `There are no deployments at ${clients.endpoint()}.` : text.join('\n'))
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

const headingOfBoth = ['ID', 'STATUS', 'CREATED', 'TOOK', 'WHOSE']

/** Under the ECS controller. */
async function ofService(text: string, { json, last, ...options }: ListOptions): Promise<void> {
  const clients = await awsClients(options)
  try {
    const named = serviceNamed(text)
    await describeService(clients, named)
    const all = (await serviceDeployments(clients, named)).slice(0, last)
    if (json) console.log(JSON.stringify(all, undefined, 2))
    else if (all.length === 0)
      console.log(`ECS itself has done no deployments of ${text}; those of CodeDeploy: teal deployments`)
    else console.log([...table([serviceHeading, ...all.map(serviceRow)]), '', 'More: teal deployment ID'].join('\n'))
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

const serviceHeading = ['ID', 'STATUS', 'CREATED', 'TOOK', 'WHY']

function serviceRow(brief: ServiceDeploymentBrief): readonly string[] {
  const { serviceDeploymentArn, status = '', createdAt, finishedAt, statusReason = '' } = brief
  const took = createdAt && finishedAt ? spanOf(finishedAt.getTime() - createdAt.getTime()) : ''
  const created = createdAt === undefined ? '' : dateAndTime(createdAt)
  return [serviceDeploymentArn?.split('/').at(-1) ?? '', status, created, took, statusReason]
}
