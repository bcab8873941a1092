import type { DeploymentGroupInfo, DeploymentInfo, ECSTarget, TrafficRoutingConfig } from '@aws-sdk/client-codedeploy'
import type { DeploymentView } from './deployment-view.ts'
import type { Surroundings } from './surroundings.ts'

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

/** What the function wrote, without what Lambda writes around it. */
export function hookLines(logTail: string | undefined): readonly string[] {
  return (logTail ?? '').split('\n').filter((line) => line !== '' && !/^(START|END|REPORT|INIT_START) /.test(line))
}
