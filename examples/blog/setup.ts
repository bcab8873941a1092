// Sets up all that examples/blog needs, with its first version: node examples/blog/setup.ts blog:1
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { createLoadBalancer } from '../aws/load-balancer.ts'
import { placeOf, unlessThere } from '../aws/place.ts'
import { createBucket } from '../aws/release.ts'
import { createCanary, createDeploymentGroup, createService, registerTaskDefinition } from '../aws/service.ts'

const name = 'blog'
const [image = 'blog:1'] = process.argv.slice(2)
const place = placeOf(name)

await createTable('BlogPosts')
const taskDefinition = await registerTaskDefinition(new URL('./', import.meta.url), [image], place)
const loadBalancer = await createLoadBalancer({ name, healthCheckPath: '/health' }, place)
await createService({ name, taskDefinition, containerName: 'blog', containerPort: 3000, loadBalancer }, place)
// A fifth of the traffic goes to green and is held there for five minutes, then the rest.
const deploymentConfigName = 'Canary20Percent5Minutes'
await createCanary(deploymentConfigName, { percentage: 20, minutes: 5 })
await createDeploymentGroup({ name, deploymentConfigName, keepBlueMinutes: 5, loadBalancer }, place)
await createBucket(place.bucket)
console.log(`${image} serves at ${loadBalancer.productionUrl}; green is tested at ${loadBalancer.testUrl}`)

async function createTable(TableName: string): Promise<void> {
  const client = new DynamoDBClient({})
  const create = new CreateTableCommand({
    TableName,
    AttributeDefinitions: [
      { AttributeName: 'post_id', AttributeType: 'S' },
      { AttributeName: 'author', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'post_id', KeyType: 'HASH' },
      { AttributeName: 'author', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  await unlessThere(client.send(create), 'ResourceInUseException')
  await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName })
}
