import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { teal } from './command-line.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'

const meant = ['--application', 'shop', '--deployment-group', 'web', '--image', 'web=hello:2']
const files = ['--task-definition', 'examples/hello/taskdef.json', '--appspec', 'examples/hello/appspec.yaml']

test('diff names the deployment group that is not there, or cannot be read', async (t) => {
  const absent = await endpointThatSays(t, 400, '{"__type": "DeploymentGroupDoesNotExistException", "message": "No."}')
  assert.equal(
    (await teal('diff', ...meant, ...files, '--endpoint-url', absent)).errors,
    `teal: there is no deployment group shop/web in us-east-1 at ${absent}. Name the service with --service CLUSTER/SERVICE.\n`,
  )
  const refusing = await endpointThatSays(t, 400, '{"__type": "AccessDeniedException", "message": "Not you."}')
  assert.equal(
    (await teal('diff', ...meant, ...files, '--endpoint-url', refusing)).errors,
    'teal: the deployment group shop/web cannot be read: Not you (AccessDeniedException). ' +
      'Name the service with --service CLUSTER/SERVICE.\n',
  )
})

test('where no service of AWS answers, verify, diff and init say that and find nothing', async (t) => {
  const page = await endpointThatSays(t, 200, 'Hello from version 1\n')
  const message =
    `teal: what answers at ${page} does not speak AWS's API (HTTP 200). ` +
    'Set AWS_ENDPOINT_URL (or --endpoint-url) to where Teal is.\n'
  const commands = [
    ['verify', ...meant, ...files],
    ['diff', ...meant, ...files],
    ['init', '/nonexistent', '--from-service', 'shop/web'],
  ]
  for (const command of commands) {
    const { exitCode, output, errors } = await teal(...command, '--endpoint-url', page)
    assert.deepEqual({ exitCode, output, errors }, { exitCode: 1, output: '', errors: message })
  }
})

async function endpointThatSays(t: TestContext, status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
