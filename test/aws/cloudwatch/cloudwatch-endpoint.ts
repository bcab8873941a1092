import { CloudWatchClient, type CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { cloudWatch } from '../../../src/aws/cloudwatch/service.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { Metrics } from '../../../src/engine/metrics.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

export type CloudWatchEndpoint = Awaited<ReturnType<typeof startCloudWatchEndpoint>>

/** CloudWatch over HTTP; alarms are kept and not evaluated. */
export async function startCloudWatchEndpoint() {
  const messages: string[] = []
  const log = { info: (message: string) => void messages.push(message), warn: () => undefined }
  const [store, clock] = [new Store(new MemoryPersistence()), new SystemClock()]
  const settings = { accountId: '000000000000', minuteMilliseconds: 60_000, listenHost: '', endpointUrl: '' }
  const metrics = new Metrics({ store, clock, settings, log })
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
    },
  }
}
