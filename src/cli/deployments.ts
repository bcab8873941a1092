import type { DeploymentInfo } from '@aws-sdk/client-codedeploy'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { awsCommand, awsHelp, codeDeployAccess, forAwsUser } from './aws-access.ts'
import type { AwsOptions, CodeDeployAccess } from './aws-access.ts'
import { columns, dateAndTime, spanOf } from './text.ts'

type DeploymentsOptions = AwsOptions & { readonly json: boolean; readonly last: number }

/** What BatchGetDeployments takes at once. */
const mostPerCall = 25

export function deploymentsCommand(): Command {
  return awsCommand('deployments')
    .summary('list deployments')
    .description('Lists the deployments of the region, the newest first.')
    .option('--last <number>', 'how many, at most', parseCount, 20)
    .option('--json', 'print them as JSON, as BatchGetDeployments answers', false)
    .addHelpText('after', help)
    .action(deployments)
}

const help = `
Examples:
  $ teal deployments
  $ teal deployments --last 100 --json
${awsHelp}`

async function deployments({ json, last, ...options }: DeploymentsOptions): Promise<void> {
  const access = await codeDeployAccess(options)
  try {
    const infos = await newest(access, last)
    if (json) console.log(JSON.stringify(infos, undefined, 2))
    else if (infos.length === 0)
      console.log(`There are no deployments in ${await access.region()} at ${access.endpoint()}.`)
    else console.log([...columns([heading, ...infos.map(row)]), '', 'More: teal deployment ID'].join('\n'))
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

/** ListDeployments does not say in which order it lists: the times do. */
async function newest({ codeDeploy }: CodeDeployAccess, last: number): Promise<readonly DeploymentInfo[]> {
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
