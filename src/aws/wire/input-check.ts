import enumMembersJson from './enum-members.json' with { type: 'json' }
import type { OperationTable, Shape } from './operation-table.ts'
import type { Path } from './path.ts'
import type { Problem } from './refusal.ts'
import { requiredCount } from './route.ts'

/** Which members hold which enum, by structure; made from the SDK clients by `scripts/enum-members.ts`. */
const enumMembers: Readonly<Record<string, Readonly<Record<string, string>>>> = enumMembersJson

/**
 * Which members may have a fraction, by structure. AWS's model tells integers from other numbers, the SDK's schemas do
 * not; there are few of these, and an operation that counts with half a thing goes wrong in ways of its own.
 */
const fractions = new Set([
  'AliasRoutingConfiguration.AdditionalVersionWeights',
  'CanaryConfiguration.canaryPercent',
  'LinearConfiguration.stepPercent',
  'MetricDatum.Counts',
  'MetricDatum.Value',
  'MetricDatum.Values',
  'PutMetricAlarmInput.Threshold',
  'Resource.doubleValue',
  'Scale.value',
  'StatisticSet.Maximum',
  'StatisticSet.Minimum',
  'StatisticSet.SampleCount',
  'StatisticSet.Sum',
  'StepAdjustment.MetricIntervalLowerBound',
  'StepAdjustment.MetricIntervalUpperBound',
  'TargetTrackingScalingPolicyConfiguration.TargetValue',
])

/** Everything the model demands of an input besides types: required members, enum values and integers, at any depth. */
export function inputProblems(shape: Shape, input: unknown, table: OperationTable): Problem[] {
  if (shape.isUnitSchema()) return []
  const problems: Problem[] = []
  checkValue(shape, input, [], { table, problems })
  return problems
}

type Check = { readonly table: OperationTable; readonly problems: Problem[]; readonly mayBeFraction?: boolean }

function checkValue(shape: Shape, value: unknown, path: Path, check: Check): void {
  if (value == null) return
  if (shape.isStructSchema()) checkStructure(shape, value as Record<string, unknown>, path, check)
  else if (shape.isListSchema()) {
    const item = shape.getValueSchema()
    for (const [i, element] of (value as unknown[]).entries()) checkValue(item, element, [...path, i], check)
  } else if (shape.isMapSchema()) {
    const item = shape.getValueSchema()
    for (const [key, element] of Object.entries(value)) checkValue(item, element, [...path, key], check)
  } else if (shape.isNumericSchema() && check.mayBeFraction !== true && !Number.isInteger(value)) {
    const member = String(path.findLast((part) => typeof part === 'string'))
    check.problems.push({ kind: 'notInteger', path, member, value: Number(value) })
  }
}

function checkStructure(shape: Shape, value: Record<string, unknown>, path: Path, check: Check): void {
  const required = requiredCount(shape)
  const structure = shape.getName() ?? ''
  const enums = enumMembers[shape.getName(true) ?? '']
  let position = 0
  for (const [member, memberShape] of shape.structIterator()) {
    const item = value[member]
    const memberPath = [...path, member]
    if (position < required && item === undefined) check.problems.push({ kind: 'missing', path: memberPath, member })
    position += 1
    const enumName = enums?.[member]
    if (enumName !== undefined) checkEnum(enumName, item, memberPath, member, check)
    checkValue(memberShape, item, memberPath, { ...check, mayBeFraction: fractions.has(`${structure}.${member}`) })
  }
}

/** `value` is one value of the enum, or a list of them. */
function checkEnum(enumName: string, value: unknown, path: Path, member: string, check: Check): void {
  const allowed = check.table.enumValues(enumName) ?? []
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkEnum(enumName, item, [...path, i], member, check)
  } else if (typeof value === 'string' && !allowed.includes(value)) {
    check.problems.push({ kind: 'notInEnum', path, member, value, allowed })
  }
}
