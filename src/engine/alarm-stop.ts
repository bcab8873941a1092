import type { AlarmConfiguration } from '../domain/code-deploy.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { Engine } from './engine.ts'
import type { Store } from './store.ts'

/**
 * Resolves with why a deployment has to stop, as soon as one of its alarms is in ALARM, or cannot be read while that is
 * not to be ignored; with undefined once no alarm can stop it any more. An alarm that was firing before stops it at once.
 */
export async function awaitAlarm(
  { store, changes }: Pick<Engine, 'store' | 'changes'>,
  deploymentId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { region, alarmConfiguration } = store.deployments.get(deploymentId) ?? {}
  const alarms = (alarmConfiguration?.alarms ?? []).map(({ name }) => `${region}/${name}`)
  const seen = await changes.until(
    () => {
      const deployment = store.deployments.get(deploymentId)
      if (deployment === undefined || !isWatched(deployment)) return { message: undefined }
      const message = alarmMessage(store, deployment)
      return message === undefined ? undefined : { message }
    },
    { signal, about: [deploymentId, ...alarms] },
  )
  return seen?.message
}

/** From the start to the end of the termination wait; a rollback is not watched, or it might never come to an end. */
function isWatched({ alarmConfiguration, creator, pastPointOfNoReturn, completeTime }: Deployment): boolean {
  if (creator === 'codeDeployRollback' || pastPointOfNoReturn || completeTime !== undefined) return false
  return alarmConfiguration?.enabled === true && alarmConfiguration.alarms.length > 0
}

function alarmMessage(store: Store, { region, alarmConfiguration }: Deployment): string | undefined {
  if (alarmConfiguration === undefined) return undefined
  const states = alarmConfiguration.alarms.map(({ name }) => ({ name, alarm: store.alarms.get(`${region}/${name}`) }))
  const active = states.filter(({ alarm }) => alarm?.stateValue === 'ALARM')
  if (active.length > 0) {
    const reasons = active.map(({ name, alarm }) => `${name}: ${alarm?.stateReason ?? ''}`).join(' ')
    return (
      'One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected ' +
      `deployments have been stopped. Activated alarms: <${active.map(({ name }) => name).join('> <')}> ${reasons}`
    )
  }
  return unreadable(states, alarmConfiguration)
}

/** CodeDeploy's `ignorePollAlarmFailure`; the text is ours, AWS documents none. */
function unreadable(
  states: readonly { readonly name: string; readonly alarm: unknown }[],
  { ignorePollAlarmFailure }: AlarmConfiguration,
): string | undefined {
  const missing = states.filter(({ alarm }) => alarm === undefined).map(({ name }) => name)
  if (missing.length === 0 || ignorePollAlarmFailure) return undefined
  return (
    `The state of alarm ${missing.join(', ')} could not be read: there is no such alarm in CloudWatch. Create it, or set ` +
    'ignorePollAlarmFailure to deploy without it.'
  )
}
