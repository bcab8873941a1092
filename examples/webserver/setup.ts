// Sets up all that examples/webserver needs: node examples/webserver/setup.ts webserver:1 shop:1
// With HOOK=python the hook is the one in Python.
import type { Runtime } from '@aws-sdk/client-lambda'
import { readFileSync } from 'node:fs'
import { createFunction } from '../aws/function.ts'
import { createLoadBalancer } from '../aws/load-balancer.ts'
import { placeOf } from '../aws/place.ts'
import { createBucket, putFile } from '../aws/release.ts'
import { createDeploymentGroup, createService, registerTaskDefinition } from '../aws/service.ts'

const name = 'webserver'
const directory = new URL('./', import.meta.url)
const [image = 'webserver:1', shop = 'shop:1'] = process.argv.slice(2)
const place = placeOf(name)

const hooks: Readonly<Record<string, { readonly file: string; readonly handler: string; readonly runtime: Runtime }>> =
  {
    node: { file: 'acceptance.mjs', handler: 'acceptance.handler', runtime: 'nodejs24.x' },
    python: { file: 'acceptance.py', handler: 'acceptance.lambda_handler', runtime: 'python3.13' },
  }
const hook = hooks[process.env['HOOK'] ?? 'node']
if (hook === undefined) throw new Error(`HOOK is one of ${Object.keys(hooks).join(', ')}`)

const taskDefinition = await registerTaskDefinition(directory, [image, shop], place)
const loadBalancer = await createLoadBalancer({ name, healthCheckPath: '/health' }, place)
await createService({ name, taskDefinition, containerName: 'webserver', containerPort: 80, loadBalancer }, place)
await createBucket(place.bucket)
const list = 'acceptance_url_list.csv'
await putFile(place.bucket, list, readFileSync(new URL(list, directory)))
await createFunction(
  {
    name: 'CodeDeployHook_webserver',
    runtime: hook.runtime,
    handler: hook.handler,
    files: { [hook.file]: readFileSync(new URL(`hooks/${hook.file}`, directory)) },
    variables: {
      BUCKET: place.bucket,
      FILEPATH: list,
      ENDPOINT: new URL(loadBalancer.testUrl).host,
      ACCEPTANCE_THRESHOLD: '95',
    },
    timeoutSeconds: 300,
  },
  place,
)
const deploymentConfigName = 'CodeDeployDefault.ECSAllAtOnce'
await createDeploymentGroup({ name, deploymentConfigName, keepBlueMinutes: 5, loadBalancer }, place)
console.log(`${image} serves at ${loadBalancer.productionUrl}; green is tested at ${loadBalancer.testUrl}`)
