import type { SeenCodeDeploy, ViewParts } from './seen-code-deploy.ts'
import type { DangerView, StageView } from './deployment-view.ts'
import { healthyCount } from './surroundings.ts'
import { minutesInWords } from './words.ts'

/** So long CodeDeploy waits for a replacement task set, and for the verdict of a hook. */
const patienceMinutes = 60

/** What would end the deployment now, besides the alarms, and what is done then. */
export function codeDeployDangers(seen: SeenCodeDeploy, parts: ViewParts): readonly DangerView[] {
  const stage = parts.stages.find(({ state }) => state === 'running')
  return [...timeOut(seen, parts, stage), ...sickGreen(parts), consequence(seen)]
}

function timeOut(seen: SeenCodeDeploy, parts: ViewParts, stage: StageView | undefined): readonly DangerView[] {
  if (stage?.begunAt === undefined) return []
  const { deployment, minuteMilliseconds, target, at } = seen
  const danger = (name: string, minutes: number, text: string): readonly DangerView[] => {
    const end = (stage.begunAt ?? at) + minutes * minuteMilliseconds
    const level = at - (stage.begunAt ?? at) >= (end - (stage.begunAt ?? at)) / 2 ? 'near' : 'calm'
    return [{ name, level, text: `${text} within ${minutesInWords(minutes, minuteMilliseconds)}`, at: end }]
  }
  if (stage.name === 'Install') {
    const green = parts.sides.find(({ colour }) => colour === 'green')
    const healthy = green === undefined ? 0 : healthyCount(green)
    return danger('time-out', patienceMinutes, `all ${green?.desired ?? ''} tasks have to be healthy (${healthy} now)`)
  }
  if (stage.name === 'READY_WAIT') {
    const minutes = deployment.blueGreenDeploymentConfiguration?.deploymentReadyOption?.waitTimeInMinutes ?? 0
    return danger('time-out', minutes, 'it has to be continued')
  }
  const event = target?.lifecycleEvents?.find(({ lifecycleEventName }) => lifecycleEventName === stage.name)
  const hook = event?.diagnostics?.scriptName
  return hook === undefined ? [] : danger(`hook ${hook}`, patienceMinutes, 'it has to report Succeeded')
}

/** CodeDeploy itself does not look at health once green is installed; requests do. */
function sickGreen({ sides }: ViewParts): readonly DangerView[] {
  const green = sides.find(({ colour }) => colour === 'green')
  const sick = green?.health?.counts.find(({ state }) => state === 'unhealthy')?.count ?? 0
  if (green === undefined || sick === 0) return []
  const why = green.health?.reason === undefined ? '' : `: ${green.health.reason}`
  const text = `${sick} of ${green.desired} green targets ${sick === 1 ? 'is' : 'are'} unhealthy${why}`
  return [{ name: 'health', level: 'near', text }]
}

function consequence({ deployment }: SeenCodeDeploy): DangerView {
  const { enabled, events = [] } = deployment.autoRollbackConfiguration ?? {}
  const names = events.map((event) => reasons[event] ?? event)
  if (enabled !== true || names.length === 0) {
    const text = 'not configured: if it fails, task sets and traffic stay as they are then'
    return { name: 'rollback', level: deployment.creator === 'codeDeployRollback' ? 'calm' : 'unknown', text }
  }
  return { name: 'rollback', level: 'calm', text: `by itself ${names.join(', ')}` }
}

const reasons: Readonly<Record<string, string>> = {
  DEPLOYMENT_FAILURE: 'when it fails',
  DEPLOYMENT_STOP_ON_ALARM: 'when an alarm fires',
  DEPLOYMENT_STOP_ON_REQUEST: 'when it is stopped',
}
