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
export type DiagnosedParts = ViewParts & Pick<DeploymentView, 'tidings'>

/** What the function wrote, without what Lambda writes around it. */
export function hookLines(logTail: string | undefined): readonly string[] {
  const written = (logTail ?? '').split('\n').filter((line) => !/^(START|END|REPORT|INIT_START) /.test(line))
  // Node's runtime puts time, request id and level before each line, with tabs between; a tab is no width of a screen's.
  const said = written.map((line) =>
    line
      .replace(ofNode, '')
      .replaceAll(/\p{Cc}+/gu, ' ')
      .trim(),
  )
  return said.filter((line) => line !== '')
}

const ofNode = /^\d{4}-\d\d-\d\dT[\d:.]+Z\t[\da-f-]{36}\t(?:INFO\t)?/
