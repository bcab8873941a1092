import type { Tone } from './views.ts'

/** The colour of a status of CodeDeploy, ECS, a target or an alarm. */
export function toneOf(status: string): Tone {
  switch (status) {
    case 'Succeeded':
    case 'SUCCESSFUL':
    case 'SUCCEEDED':
    case 'healthy':
    case 'OK':
      return 'good'
    case 'Failed':
    case 'FAILED':
    case 'TIMED_OUT':
    case 'ROLLBACK_FAILED':
    case 'ROLLBACK_SUCCESSFUL':
    case 'unhealthy':
    case 'ALARM':
      return 'bad'
    case 'InProgress':
    case 'IN_PROGRESS':
    case 'ROLLBACK_IN_PROGRESS':
    case 'ROLLBACK_REQUESTED':
    case 'STOP_REQUESTED':
      return 'busy'
    case 'Ready':
    case 'AWAITING_ACTION':
      return 'waiting'
    default:
      return 'quiet'
  }
}
