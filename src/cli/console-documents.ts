import type { RevisionLocation } from '@aws-sdk/client-codedeploy'
import { appSpecText } from '../console/app-spec-text.ts'
import { lineDiff } from '../console/line-diff.ts'
import type { DocumentView, SideHead, SideName } from '../console/views.ts'
import type { AwsClients } from './aws-clients.ts'

type Deployed = {
  readonly applicationName: string | undefined
  readonly revision: RevisionLocation | undefined
  readonly previousRevision: RevisionLocation | undefined
  readonly sides: Readonly<Record<SideName, SideHead>>
}

/** What a deployment brings, beside what was there before it. */
export async function consoleDocuments(clients: AwsClients, deployed: Deployed): Promise<readonly DocumentView[]> {
  const { applicationName, revision, previousRevision, sides } = deployed
  const textOf = async (found: RevisionLocation | undefined) => found && appSpecText(clients, applicationName, found)
  const [appSpecBefore, appSpecAfter, before, after] = await Promise.all([
    textOf(previousRevision),
    textOf(revision),
    taskDefinitionText(clients, sides.blue.taskDefinition),
    taskDefinitionText(clients, sides.green.taskDefinition),
  ])
  const appSpec = appSpecAfter === undefined ? [] : [documentOf('AppSpec', appSpecBefore, appSpecAfter)]
  const names = [sides.blue.taskDefinition, sides.green.taskDefinition].filter((name) => name !== undefined)
  const title = `Task definition ${names.join(' → ')}`
  return [...appSpec, ...(after === undefined ? [] : [documentOf(title, before, after)])]
}

/** As DescribeTaskDefinition answers it, without what differs between any two revisions. */
async function taskDefinitionText({ ecs }: AwsClients, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined
  const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs')
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }))
  if (taskDefinition === undefined) return undefined
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    registeredAt: _at,
    registeredBy: _by,
    requiresAttributes: _attributes,
    status: _status,
    ...shown
  } = taskDefinition
  return JSON.stringify(shown, null, 2)
}

function documentOf(title: string, before: string | undefined, after: string): DocumentView {
  const lines =
    before === undefined ? after.split('\n').map((text) => ({ kind: 'same' as const, text })) : lineDiff(before, after)
  return { title, before, lines }
}
