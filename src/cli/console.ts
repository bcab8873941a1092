import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Option } from 'commander'
import type { Command } from 'commander'
import { codeOf } from '../adapters/error-code.ts'
import type { ActionClients } from '../console/actions.ts'
import { ConsoleSite } from '../console/site.ts'
import { awsCommand, awsHelp, clientConfiguration, forAwsUser } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { awsClients } from './aws-clients.ts'
import { AwsSource } from './console-source.ts'
import { CliError } from './exit-code.ts'
import { parsePort } from './options.ts'
import { ProcessSignals } from './process-signals.ts'

// An `import` would load `fetch` with it, and take several times as long.
const { createServer } = process.getBuiltinModule('node:http')

type ConsoleOptions = AwsOptions & { readonly port: number; readonly profile?: string; readonly allowActions: boolean }

export function consoleCommand(): Command {
  return awsCommand('console')
    .summary('show an AWS account in the web console')
    .description(
      'Serves the web console for an AWS account, or whatever answers at the configured endpoint, on this machine only. It ' +
        'reads through the AWS API while somebody looks, and does nothing unless --allow-actions is given. A Teal serves its ' +
        'own console, which knows more, at /console of its endpoint.',
    )
    .addOption(new Option('--profile <name>', "the profile of AWS's configuration, instead of AWS_PROFILE"))
    .addOption(new Option('--port <number>', 'the port; 0 for any free one').argParser(parsePort).default(4577))
    .option('--allow-actions', 'deployments can be continued, stopped and rolled back from it', false)
    .addHelpText('after', help)
    .action(serveConsole)
}

const help = `
Examples:
  $ teal console --profile prod --region eu-west-1
  $ teal console --allow-actions       with buttons to continue, stop, roll back
  $ AWS_ENDPOINT_URL=http://build-host:4566 teal console --port 0

It asks for: ecs:List*, ecs:Describe*, codedeploy:List*, codedeploy:Get*,
codedeploy:BatchGet*, elasticloadbalancing:Describe*, cloudwatch:DescribeAlarms,
cloudwatch:GetMetricData, logs:GetLogEvents, and s3:GetObject for AppSpecs in
S3. Metrics are asked for every 15 seconds while a deployment's page is open;
AWS charges for that. With --allow-actions also: codedeploy:ContinueDeployment,
StopDeployment and CreateDeployment, ecs:StopServiceDeployment,
ContinueServiceDeployment and UpdateService, lambda:InvokeFunction.
${awsHelp}`

async function serveConsole({ port, profile, allowActions, ...options }: ConsoleOptions): Promise<void> {
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile
  const signals = new ProcessSignals()
  const clients = await awsClients(options)
  const source = new AwsSource(clients, { isReadOnly: !allowActions })
  // What is wrong with the credentials or the region is said where they were given.
  await source.deployments({ text: '', status: undefined, offset: 0, limit: 1 }).catch((error: unknown) => {
    throw forAwsUser(error, clients)
  })
  const site = new ConsoleSite({
    source,
    actions: actionClients(options),
    isReadOnly: !allowActions,
    host: '127.0.0.1',
  })
  const server = await listening(site, port)
  const { port: bound } = server.address() as AddressInfo
  console.log(`The console of ${clients.endpoint()}, ${await clients.region()}: http://127.0.0.1:${bound}/console`)
  console.log(`${allowActions ? 'It can act.' : 'It only shows: --allow-actions lets it act.'} Ctrl-C ends it.`)
  await signals.next()
  site.close()
  server.close()
  server.closeAllConnections()
}

async function listening(site: ConsoleSite, port: number): Promise<Server> {
  const server = createServer((message, response) => {
    message.on('error', () => undefined)
    response.on('error', () => undefined)
    if (!site.takes(message)) {
      response.writeHead(302, { location: '/console' }).end()
      return
    }
    site.serve(message, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(textOf(error))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error: unknown) => {
    const why = codeOf(error) === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used: ${textOf(error)}`
    throw new CliError(`port ${port} ${why}. Use another one: teal console --port 0`)
  })
  return server
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Endpoints in the environment are the SDK's to read: there may be one for each service. */
function actionClients(options: AwsOptions): ActionClients {
  const { endpoint, ...rest } = clientConfiguration(options)
  const isOwn = !process.env['AWS_ENDPOINT_URL'] && !process.env['AWS_ENDPOINT_URL_CODEDEPLOY']
  const at = options.endpointUrl ?? (isOwn ? endpoint : undefined)
  return {
    configuration: (region) => ({ ...rest, region, maxAttempts: 1, ...(at === undefined ? {} : { endpoint: at }) }),
  }
}
