import { styleText } from 'node:util'
import { thingOf } from '../domain/preflight/facts.ts'
import type { Looked, PreflightFacts } from '../domain/preflight/facts.ts'
import type { Finding, FindingPlace, Severity } from '../domain/preflight/finding.ts'
import { counted } from '../view/words.ts'
import type { DeploymentFiles } from './deployment-files.ts'
import type { PositionedDocument } from './positioned-document.ts'
import { wrapped } from './text.ts'

export type VerifyReport = {
  readonly facts: PreflightFacts
  readonly files: DeploymentFiles
  readonly findings: readonly Finding[]
  /** `deployment group web/web in us-east-1 at https://…` */
  readonly place: string
}

export function verifyText(report: VerifyReport): string {
  const { findings, place } = report
  return [
    `Verified ${place}`,
    ...lookedAt(report),
    ...findings.flatMap((finding) => ['', ...findingLines(finding, report)]),
    '',
    summary(findings),
  ].join('\n')
}

/** One line a thing that was looked at, with the worst that was found there. */
function lookedAt({ facts, files, findings }: VerifyReport): readonly string[] {
  const group = thingOf(facts.group)
  const service = thingOf(facts.service)
  const definition = thingOf(facts.taskDefinition)
  const rows: readonly Row[] = [
    row('AppSpec', undefined, facts.appSpec, files.appSpec?.file ?? ''),
    row('TaskDefinition', definition?.name, facts.taskDefinition, definitionName(definition?.name, files)),
    row('DeploymentGroup', undefined, facts.group, group === undefined ? '' : group.deploymentGroupName),
    row('Service', undefined, facts.service, service === undefined ? '' : serviceName(service)),
    ...facts.targetGroups.map(({ name, looked }) => row('TargetGroup', thingOf(looked)?.targetGroupArn, looked, name)),
    ...facts.listeners.map(({ name, looked }) => row('Listener', name, looked, listenerName(name, facts))),
    ...facts.functions.map(({ name, looked }) => row('Function', name, looked, name.split(':').at(-1) ?? name)),
    ...facts.alarms.map(({ name, looked }) => row('Alarm', name, looked, name)),
  ].filter(({ looked }) => looked.kind !== 'unasked' || looked === facts.appSpec)
  return rows.map((each) => `  ${markOf(each, findings)} ${labels[each.subject].padEnd(16)} ${each.name}`.trimEnd())
}

type Row = {
  readonly subject: keyof typeof labels
  readonly id: string | undefined
  readonly looked: Looked<unknown>
  readonly name: string
}

function row(subject: Row['subject'], id: string | undefined, looked: Looked<unknown>, name: string): Row {
  return { subject, id, looked, name }
}

const labels = {
  AppSpec: 'AppSpec',
  TaskDefinition: 'task definition',
  DeploymentGroup: 'deployment group',
  Service: 'service',
  TargetGroup: 'target group',
  Listener: 'listener',
  Function: 'hook function',
  Alarm: 'alarm',
} as const

function definitionName(name: string | undefined, files: DeploymentFiles): string {
  const { taskDefinition: file } = files
  return file === undefined ? (name ?? '') : `${name} (${file.file})`
}

function serviceName({ serviceName: name, desiredCount, primary }: NonNullable<ReturnType<typeof serviceOf>>): string {
  const live = primary?.taskDefinition.split('/').at(-1)
  const wanted = `${counted(desiredCount, 'task')}${live === undefined ? '' : ` of ${live}`}`
  const running = primary?.runningCount ?? desiredCount
  return running < desiredCount ? `${name}: ${running} of ${wanted} running` : `${name}: ${wanted}`
}

function serviceOf(facts: PreflightFacts) {
  return thingOf(facts.service)
}

function listenerName(listenerArn: string, facts: PreflightFacts): string {
  const listener = thingOf(facts.listeners.find(({ name }) => name === listenerArn)?.looked)
  const role = listenerArn === thingOf(facts.group)?.prodListenerArn ? 'production' : 'test'
  return listener === undefined ? role : `${role}, ${listener.protocol} port ${listener.port}`
}

/** What is wrong with a hook stands in the AppSpec, and is shown at its function, too. */
function markOf({ subject, id, looked }: Row, findings: readonly Finding[]): string {
  const here = findings.filter(
    ({ where }) =>
      (where.subject === subject && (id === undefined || where.id === undefined || where.id === id)) ||
      (subject === 'Function' && where.field?.[0] === 'Hooks' && where.id === id),
  )
  const worst = (['error', 'warning', 'note'] as const).find((severity) =>
    here.some((finding) => finding.severity === severity),
  )
  if (worst !== undefined) return colored(worst, marks[worst])
  if (looked.kind === 'found') return styleText('green', 'ok     ')
  return looked.kind === 'absent' ? colored('error', 'missing') : colored('note', 'unknown')
}

const marks: Readonly<Record<Severity, string>> = { error: 'error  ', warning: 'warning', note: 'note   ' }

function colored(severity: Severity, text: string): string {
  const colors = { error: 'red', warning: 'yellow', note: 'cyan' } as const
  return styleText(colors[severity], text)
}

function findingLines({ severity, what, where, why, how }: Finding, report: VerifyReport): readonly string[] {
  return [
    wrapped(`${marks[severity].trimEnd()}: ${what}`, 2).replace(severity, colored(severity, severity)),
    ...detail('where', whereText(where, report)),
    ...detail('why', why),
    ...detail('mend', how),
  ]
}

function detail(name: string, text: string): readonly string[] {
  return [wrapped(`  ${name.padEnd(6)}${text}`, 8)]
}

/** `appspec.yaml:8:11 LoadBalancerInfo.ContainerName`, or an ARN and the member. */
function whereText(where: FindingPlace, report: VerifyReport): string {
  const { subject, id, field = [] } = where
  const member = field.reduce<string>((path, each) => {
    if (typeof each === 'number') return `${path}[${each}]`
    return path === '' ? each : `${path}.${each}`
  }, '')
  const file = fileOf(where, report)
  if (file === undefined) return [id ?? labelOf(subject), member].filter((text) => text !== '').join(' ')
  const position = file.positionOf(field)
  const at = position === undefined ? '' : `:${position.line}:${position.column}`
  return `${file.file}${at}${member === '' ? '' : ` ${member}`}`
}

function labelOf(subject: FindingPlace['subject']): string {
  return subject in labels ? labels[subject as keyof typeof labels] : subject
}

function fileOf({ subject }: FindingPlace, { files, facts }: VerifyReport): PositionedDocument | undefined {
  if (subject === 'AppSpec') return files.appSpec
  if (subject === 'TaskDefinition') return files.taskDefinition
  const isOfFile = facts.service.kind === 'unasked' || facts.isGroupPlanned === true
  return subject === 'DeploymentGroup' && isOfFile ? files.group : undefined
}

function summary(findings: readonly Finding[]): string {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length
  const [errors, warnings, notes] = [count('error'), count('warning'), count('note')]
  const counts = [numbered(errors, 'error'), numbered(warnings, 'warning'), numbered(notes, 'note')]
    .filter((text) => text !== '')
    .join(', ')
  if (errors > 0) return `${counts}: a deployment would fail.`
  return counts === ''
    ? 'Nothing was found that would make a deployment fail.'
    : `${counts}: nothing that would make a deployment fail.`
}

function numbered(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function verifyJson(report: VerifyReport): string {
  const { facts, findings } = report
  const placed = findings.map((finding) => ({ ...finding, where: located(finding.where, report) }))
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length
  const counts = { errors: count('error'), warnings: count('warning'), notes: count('note') }
  return JSON.stringify({ ...counts, findings: placed, facts }, undefined, 2)
}

function located(where: FindingPlace, report: VerifyReport): object {
  const file = fileOf(where, report)
  if (file === undefined) return where
  return { ...where, file: file.file, ...file.positionOf(where.field ?? []) }
}

/** Workflow commands, which GitHub shows beside the lines of the files. */
export function verifyAnnotations(report: VerifyReport): string {
  const lines = report.findings.map((finding) => {
    const { severity, what, where, why, how } = finding
    const file = fileOf(where, report)
    const position = file?.positionOf(where.field ?? [])
    const properties = [
      ...(file === undefined ? [] : [`file=${escaped(file.file, true)}`]),
      ...(position === undefined ? [] : [`line=${position.line}`, `col=${position.column}`]),
      `title=${escaped(finding.code, true)}`,
    ]
    const command = severity === 'note' ? 'notice' : severity
    return `::${command} ${properties.join(',')}::${escaped(`${what} ${why} ${how}`, false)}`
  })
  return lines.join('\n')
}

function escaped(text: string, isProperty: boolean): string {
  const data = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  return isProperty ? data.replaceAll(':', '%3A').replaceAll(',', '%2C') : data
}
