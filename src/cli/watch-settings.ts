import { Option } from 'commander'
import type { AwsClients } from './aws-clients.ts'
import { CodeDeployReading } from './code-deploy-reading.ts'
import { stopDeployment } from './deployment-actions.ts'
import { isServiceDeployment } from './deployment-id.ts'
import { ServiceDeploymentReading } from './service-deployment-reading.ts'
import { parseWaitUntil } from './wait-until.ts'
import type { Watchable, WatchSettings } from './watching.ts'

export function waitUntilOption(): Option {
  return new Option('--wait-until <what>', 'watch until: done, traffic (all on green), or a stage, as AfterInstall')
    .argParser(parseWaitUntil)
    .default({ kind: 'done' }, 'done')
}

/** How a deployment of either dialect is watched. */
export function watchSettings(
  clients: AwsClients,
  { json, until }: Pick<WatchSettings, 'json' | 'until'>,
): WatchSettings {
  return {
    clients,
    json,
    until,
    watchable: (id) => watchableOf(clients, id),
    stop: (id, rollback) => stopDeployment(clients, id, rollback),
  }
}

export function watchableOf(clients: AwsClients, id: string): Watchable {
  return isServiceDeployment(id) ? new ServiceDeploymentReading(clients, id) : new CodeDeployReading(clients, id)
}
