// Sets up all that examples/hello needs, with its first version: node examples/hello/setup.ts hello:1
import { readFileSync } from 'node:fs'
import { createFunction } from '../aws/function.ts'
import { createLoadBalancer } from '../aws/load-balancer.ts'
import { placeOf } from '../aws/place.ts'
import { createBucket } from '../aws/release.ts'
import { createDeploymentGroup, createService, registerTaskDefinition } from '../aws/service.ts'

const name = 'hello'
const directory = new URL('./', import.meta.url)
const [image = 'hello:1'] = process.argv.slice(2)
const place = placeOf(name)

const taskDefinition = await registerTaskDefinition(directory, [image], place)
const loadBalancer = await createLoadBalancer({ name, healthCheckPath: '/health' }, place)
await createService({ name, taskDefinition, containerName: 'web', containerPort: 8080, loadBalancer }, place)
await createFunction(
  {
    name: 'CodeDeployHook_hello',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    files: { 'index.mjs': readFileSync(new URL('hooks/check-green/index.mjs', directory)) },
    variables: { TEST_URL: loadBalancer.testUrl },
    timeoutSeconds: 60,
  },
  place,
)
const deploymentConfigName = 'CodeDeployDefault.ECSAllAtOnce'
await createDeploymentGroup({ name, deploymentConfigName, keepBlueMinutes: 5, loadBalancer }, place)
await createBucket(place.bucket)
console.log(`${image} serves at ${loadBalancer.productionUrl}; green is tested at ${loadBalancer.testUrl}`)
