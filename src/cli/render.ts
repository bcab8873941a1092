import { Argument, Command } from 'commander'
import { placeholdersIn, registrable, readOnlyMembers } from '../domain/task-definition-file.ts'
import type { NamedImage, TaskDefinitionFile } from '../domain/task-definition-file.ts'
import { isArn, readDeploymentFiles, requiredAppSpec, requiredTaskDefinition } from './deployment-files.ts'
import type { DeploymentFiles } from './deployment-files.ts'
import { CliError } from './exit-code.ts'
import { appSpecOption, imageOption } from './options.ts'
import { PositionedDocument } from './positioned-document.ts'
import { filledIn } from './preflight-files.ts'

type RenderOptions = {
  readonly appspec?: string
  readonly taskDefinition?: string
  readonly taskDefinitionArn?: string
  readonly image: readonly NamedImage[]
  readonly keepPlaceholders: boolean
  readonly json: boolean
}

export function renderCommand(): Command {
  return new Command('render')
    .summary('print the task definition and the AppSpec, filled in')
    .description(
      'Prints the task definition with its images, and the AppSpec with the ARN of the task definition, as they go to ' +
        'AWS. Asks nobody and changes nothing. Comments and the order of members stay in the AppSpec.',
    )
    .addArgument(new Argument('[what]', 'one of them alone').choices(['task-definition', 'appspec']))
    .addOption(appSpecOption())
    .option('--task-definition <file>', 'the task definition (default: taskdef.json)')
    .addOption(imageOption())
    .option('--task-definition-arn <arn>', "what stands for the AppSpec's TaskDefinition")
    .option('--keep-placeholders', 'leave what is not filled in as it is', false)
    .option('--json', 'print JSON: of both, {taskDefinition, appSpec}', false)
    .addHelpText('after', help)
    .action(render)
}

const help = `
Examples:
  $ teal render --image web=hello:2 --task-definition-arn hello:2
  $ aws ecs register-task-definition --cli-input-json \\
      "$(teal render task-definition --image IMAGE1_NAME=hello:2)"
  $ teal render appspec --task-definition-arn "$ARN" > appspec-2.yaml

An image is for the container of that name, or for the placeholder <NAME>, as
CodePipeline fills it in. Both at once are printed as two YAML documents.`

function render(what: 'task-definition' | 'appspec' | undefined, options: RenderOptions): void {
  refuseRegistered(options)
  const files = readDeploymentFiles(options)
  const taskDefinition = what === 'appspec' ? undefined : taskDefinitionOf(files, options)
  const appSpec = what === 'task-definition' ? undefined : appSpecOf(files, options)
  console.log(options.json ? jsonOf(taskDefinition, appSpec) : textOf(taskDefinition, appSpec))
}

/** Nobody is asked for it, and it is rendered already. */
function refuseRegistered({ taskDefinition }: RenderOptions): void {
  if (!isArn(taskDefinition)) return
  throw new CliError(
    `there is no file ${taskDefinition}, as --task-definition names. The ARN that the AppSpec gets is --task-definition-arn.`,
  )
}

function taskDefinitionOf(files: DeploymentFiles, options: RenderOptions): TaskDefinitionFile {
  const document = requiredTaskDefinition(files)
  const filled = filledIn(document, options.image)
  const left = placeholdersIn(filled)
  if (left.length > 0 && !options.keepPlaceholders) {
    const name = (left[0] ?? '').replaceAll(/[<>]/g, '')
    throw new CliError(
      `${document.file} still holds ${left.join(', ')}: fill it in with --image ${name}=NAME:TAG, or use --keep-placeholders.`,
    )
  }
  const readOnly = readOnlyMembers(filled)
  if (readOnly.length > 0) console.error(`Left out, because ECS does not take them: ${readOnly.join(', ')}.`)
  return registrable(filled)
}

function appSpecOf(files: DeploymentFiles, options: RenderOptions): PositionedDocument {
  const document = requiredAppSpec(files)
  document.tree()
  const { taskDefinitionArn: arn } = options
  if (arn !== undefined) {
    const text = document.withValue(['Properties', 'TaskDefinition'], arn)
    if (text !== undefined) return new PositionedDocument(document.file, text)
    throw new CliError(
      `${document.file} has no TaskDefinition under Properties: write TaskDefinition: <TASK_DEFINITION>.`,
    )
  }
  const left = placeholdersIn(document.tree())
  if (left.length === 0 || options.keepPlaceholders) return document
  throw new CliError(
    `${document.file} still holds ${left.join(', ')}: fill it in with --task-definition-arn ARN, or use --keep-placeholders.`,
  )
}

function textOf(taskDefinition: TaskDefinitionFile | undefined, appSpec: PositionedDocument | undefined): string {
  const parts = [
    ...(taskDefinition === undefined ? [] : [JSON.stringify(taskDefinition, undefined, 2)]),
    ...(appSpec === undefined ? [] : [appSpec.text.trimEnd()]),
  ]
  return parts.join('\n---\n')
}

function jsonOf(taskDefinition: TaskDefinitionFile | undefined, appSpec: PositionedDocument | undefined): string {
  const both = { taskDefinition, appSpec: appSpec?.tree() }
  const only = taskDefinition === undefined ? both.appSpec : taskDefinition
  return JSON.stringify(taskDefinition === undefined || appSpec === undefined ? only : both, undefined, 2)
}
