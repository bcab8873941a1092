import { isDeepStrictEqual } from 'node:util'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { Looked, PreflightFacts } from '../domain/preflight/facts.ts'
import type { Finding } from '../domain/preflight/finding.ts'
import { preflight } from '../domain/preflight/preflight.ts'
import type { NamedImage } from '../domain/task-definition-file.ts'
import { awsHelp } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { awsClients } from './aws-clients.ts'
import { findGroupName, groupCommand, groupFacts, lookAtGroup } from './deployment-group-access.ts'
import type { GroupOptions } from './deployment-group-access.ts'
import { readDeploymentFiles } from './deployment-files.ts'
import type { DeploymentFiles, FileOptions } from './deployment-files.ts'
import { exitCode } from './exit-code.ts'
import { appSpecOption, imageOption } from './options.ts'
import { readPlannedGroup } from './planned-group.ts'
import { lookAtEverything } from './preflight-facts.ts'
import { readFileFacts } from './preflight-files.ts'
import type { FileFacts } from './preflight-files.ts'
import { verifyAnnotations, verifyJson, verifyText } from './verify-text.ts'

type VerifyOptions = AwsOptions &
  FileOptions &
  GroupOptions & {
    readonly image: readonly NamedImage[]
    readonly maxDuration?: number
    readonly live: boolean
    readonly strict: boolean
    readonly github: boolean
    readonly json: boolean
  }

export function verifyCommand(exitWith: (code: number) => void): Command {
  return groupCommand('verify')
    .summary('find what would make a deployment fail, before it')
    .description(
      'Reads the AppSpec and the task definition, and looks at the deployment group, the service, the target groups, ' +
        'the listeners, the hooks and the alarms as they are now. Says what would make a deployment fail or do something ' +
        'else than is meant: what, where, why it matters, and how to mend it. Changes nothing.',
    )
    .addOption(appSpecOption())
    .option('--task-definition <file>', "the task definition's file (default: taskdef.json, if it is there)")
    .addOption(imageOption())
    .addOption(
      new Option('--max-duration <duration>', 'how long the deployment may wait by itself: 30m or 2h').argParser(
        parseMinutes,
      ),
    )
    .option('--no-live', 'look at the files alone')
    .option('--strict', 'let warnings fail, too', false)
    .option('--github', "also print the findings as GitHub's annotations", false)
    .option('--json', 'print findings and facts as JSON', false)
    .addHelpText('after', help)
    .action(async (options: VerifyOptions) => {
      exitWith(await verify(options))
    })
}

const help = `
Without --application and --service it is the group of deployment-group.json or
deployment.json, else the only one there is.

Examples:
  $ teal verify
  $ teal verify --image web=hello:2 --max-duration 30m
  $ teal verify --service prod/web --strict
  $ teal verify --no-live                 in a commit hook
  $ teal verify --json | jq -r '.findings[].what'

Exit codes: 0 nothing that would fail · 1 something would, or nobody answered ·
2 wrong usage
${awsHelp}`

async function verify(options: VerifyOptions): Promise<number> {
  const files = readDeploymentFiles(options)
  const fileFacts = await readFileFacts(files, options.image)
  const { facts, place, endpoint, ofGroup } = options.live
    ? await lookLive(options, files, fileFacts)
    : await readOffline(options, files, fileFacts)
  const ofFiles = [...fileFacts.findings.flatMap((finding) => forEndpoint(finding, endpoint)), ...(ofGroup ?? [])]
  const findings = [...ofFiles, ...preflight(facts)]
  const report = { facts, files, findings, place }
  console.log(options.json ? verifyJson(report) : verifyText(report))
  // GitHub reads both outputs; whoever reads the JSON gets nothing else.
  if (options.github && findings.length > 0) {
    const print = options.json ? console.error : console.log
    print(verifyAnnotations(report))
  }
  return isFailed(findings, options) ? exitCode.failed : exitCode.ok
}

type Seen = {
  readonly facts: PreflightFacts
  readonly place: string
  /** Who was asked, if anybody. */
  readonly endpoint?: string
  /** What is wrong with the file of a group that is not there yet. */
  readonly ofGroup?: readonly Finding[] | undefined
}

/** What Teal alone refuses is nothing to AWS, and makes a deployment fail anywhere else. */
function forEndpoint(finding: Finding, endpoint: string | undefined): readonly Finding[] {
  if (finding.code !== 'task-definition-not-for-teal' || endpoint === undefined) return [finding]
  const isAws = !URL.canParse(endpoint) || /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname)
  return isAws ? [] : [{ ...finding, severity: 'error' }]
}

async function lookLive(options: VerifyOptions, files: DeploymentFiles, fileFacts: FileFacts): Promise<Seen> {
  const clients = await awsClients(options)
  const name = await findGroupName(clients, options, files.group)
  const group = await lookAtGroup(clients, name)
  const ofFile = group.kind === 'absent' ? await readPlannedGroup(files.group) : undefined
  const planned = isDeepStrictEqual(ofFile?.name, name) ? ofFile : undefined
  const facts = await lookAtEverything(clients, fileFacts, {
    group,
    planned: planned?.info,
    mostMinutes: options.maxDuration,
  })
  const named = `${name.applicationName}/${name.deploymentGroupName}`
  const endpoint = clients.endpoint()
  return {
    facts,
    place: `deployment group ${named} in ${facts.region} at ${endpoint}`,
    endpoint,
    ofGroup: planned?.findings,
  }
}

async function readOffline(
  { maxDuration }: VerifyOptions,
  files: DeploymentFiles,
  fileFacts: FileFacts,
): Promise<Seen> {
  const unasked: Looked<never> = { kind: 'unasked' }
  const planned = await readPlannedGroup(files.group)
  const facts: PreflightFacts = {
    region: '',
    appSpec: fileFacts.appSpec,
    taskDefinition: fileFacts.taskDefinition,
    group: planned?.info === undefined ? unasked : { kind: 'found', thing: groupFacts(planned.info) },
    trafficRouting: unasked,
    service: unasked,
    capacityProviders: unasked,
    targetGroups: [],
    listeners: [],
    loadBalancers: [],
    functions: [],
    alarms: [],
    ...(maxDuration === undefined ? {} : { mostMinutes: maxDuration }),
  }
  return { facts, place: 'the files alone', ofGroup: planned?.findings }
}

function isFailed(findings: readonly Finding[], { strict }: VerifyOptions): boolean {
  return findings.some(({ severity }) => severity === 'error' || (strict && severity === 'warning'))
}

/** In minutes. */
function parseMinutes(text: string): number {
  const [, amount, unit] = /^(\d{1,5})(m|h)$/.exec(text) ?? []
  if (amount === undefined) throw new InvalidArgumentError('It is a number and a unit, m or h: 30m or 2h.')
  return Number(amount) * (unit === 'h' ? 60 : 1)
}
