import { CloudWatchClient, type CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { cloudWatch } from '../../../src/aws/cloudwatch/service.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { AlarmWatch } from '../../../src/engine/alarm-watch.ts'
import { Changes } from '../../../src/engine/changes.ts'
import { Metrics } from '../../../src/engine/metrics.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

export type CloudWatchEndpoint = Awaited<ReturnType<typeof startCloudWatchEndpoint>>

/** CloudWatch over HTTP. Alarms are kept, and evaluated only if it is said how long a minute lasts. */
export async function startCloudWatchEndpoint({ minuteMilliseconds }: { readonly minuteMilliseconds?: number } = {}) {
  const messages: string[] = []
  const log = { info: (message: string) => void messages.push(message), warn: () => undefined }
  const [store, clock] = [new Store(new MemoryPersistence()), new SystemClock()]
  const settings = {
    accountId: '000000000000',
    minuteMilliseconds: minuteMilliseconds ?? 60_000,
    listenHost: '',
    endpointUrl: '',
  }
  const metrics = new Metrics({ store, clock, settings, log })
  const changes = new Changes(clock)
  store.onChange(() => changes.notify())
  const alarmWatch = new AlarmWatch({ store, clock, changes, metrics, settings, log })
  if (minuteMilliseconds !== undefined) alarmWatch.start()
  const services = [cloudWatch({ store, clock, settings, log }, metrics)]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const clients: CloudWatchClient[] = []
  return {
    url: endpoint.url,
    store,
    metrics,
    /** What was logged for people. */
    messages,
    client(configuration: Partial<CloudWatchClientConfig> = {}) {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
      const common = { region: 'eu-west-1', endpoint: endpoint.url, credentials, maxAttempts: 1 }
      const client = new CloudWatchClient({ ...common, ...configuration })
      clients.push(client)
      return client
    },
    async close() {
      for (const client of clients) client.destroy()
      await endpoint.close()
      await alarmWatch.stop()
    },
  }
}
