import type { DeploymentGroupInfo, DeploymentInfo, ECSTarget, TrafficRoutingConfig } from '@aws-sdk/client-codedeploy'
import { linesOfFunction } from '../domain/lambda-function.ts'
import type { DeploymentView } from './deployment-view.ts'
import type { SeenProtectedTask, Surroundings } from './surroundings.ts'

/** What AWS answers about a deployment of CodeDeploy. */
export type SeenCodeDeploy = Surroundings & {
  readonly deployment: DeploymentInfo
  /** Absent until it has started. */
  readonly target?: ECSTarget | undefined
  readonly group?: DeploymentGroupInfo | undefined
  /** Of its deployment configuration. */
  readonly routing?: TrafficRoutingConfig | undefined
}

/** What the parts of a view are made from. */
export type ViewParts = Pick<DeploymentView, 'phase' | 'stages' | 'sides'>
export type DiagnosedParts = ViewParts & Pick<DeploymentView, 'tidings'>

/** The protected tasks of a task set that is being deleted; others hold up no step of the deployment. */
export function heldByDeletion({ service, protectedTasks }: Surroundings): readonly SeenProtectedTask[] {
  const isGoing = (taskSetId: string): boolean =>
    service?.taskSets?.some(({ id, status }) => id === taskSetId && status === 'DRAINING') === true
  return protectedTasks.filter(({ startedBy }) => isGoing(startedBy))
}

/** The lines of a hook's diagnostics that its function wrote. */
export function hookLines(logTail: string | undefined): readonly string[] {
  return linesOfFunction((logTail ?? '').split('\n'))
}
