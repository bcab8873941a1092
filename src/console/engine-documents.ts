import { appSpecOfRevision } from '../domain/code-deploy.ts'
import type { Deployment } from '../domain/deployment.ts'
import { lastPart } from '../domain/identifiers.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { TaskDefinition } from '../domain/task-definition.ts'
import { taskDefinitionAnswer } from '../aws/ecs/task-definition-answers.ts'
import type { ReadEngine } from './engine-view-parts.ts'
import { lineDiff } from './line-diff.ts'
import type { DocumentView } from './views.ts'

/** What a deployment of CodeDeploy brings, beside what was there before it. */
export function codeDeployDocuments(engine: ReadEngine, deployment: Deployment): readonly DocumentView[] {
  const { store } = engine
  const { revision, previousRevision, plan, creator } = deployment
  const textOf = (found: typeof revision | undefined): string | undefined => {
    const appSpec = found === undefined ? undefined : appSpecOfRevision(found)
    return appSpec?.kind === 'text' ? appSpec.content : appSpec?.message
  }
  const appSpec = documentOf('AppSpec', textOf(previousRevision), textOf(revision) ?? '')
  if (plan === undefined || creator === 'codeDeployRollback') return [appSpec]
  const before = store.deploymentWatches.get(deployment.deploymentId)?.taskDefinitions[plan.blue.targetGroupName]
  return [appSpec, taskDefinitionDocument(engine, before, plan.install.taskDefinition)]
}

/** The same of a deployment that ECS itself does. */
export function serviceDocuments(engine: ReadEngine, deployment: ServiceDeployment): readonly DocumentView[] {
  const { store } = engine
  const [source] = deployment.sourceServiceRevisions
  const before = store.serviceRevisions.get(source?.arn ?? '')?.taskDefinition
  const after = store.serviceRevisions.get(deployment.targetServiceRevision.arn)?.taskDefinition
  return after === undefined ? [] : [taskDefinitionDocument(engine, before, after)]
}

function taskDefinitionDocument({ store }: ReadEngine, before: string | undefined, after: string): DocumentView {
  const textOf = (arn: string): string => {
    const definition = store.taskDefinitions.get(arn)
    return definition === undefined ? `${lastPart(arn)} does not exist any more.` : definitionText(definition)
  }
  const title = before === undefined ? lastPart(after) : `${lastPart(before)} → ${lastPart(after)}`
  return documentOf(`Task definition ${title}`, before === undefined ? undefined : textOf(before), textOf(after))
}

/** As DescribeTaskDefinition answers it, without what differs between any two revisions. */
function definitionText(definition: TaskDefinition): string {
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    registeredAt: _at,
    registeredBy: _by,
    requiresAttributes: _attributes,
    status: _status,
    deregisteredAt: _deregistered,
    deleteRequestedAt: _delete,
    ...shown
  } = taskDefinitionAnswer(definition)
  return JSON.stringify(shown, null, 2)
}

function documentOf(title: string, before: string | undefined, after: string): DocumentView {
  const lines =
    before === undefined ? after.split('\n').map((text) => ({ kind: 'same' as const, text })) : lineDiff(before, after)
  return { title, before, lines }
}
