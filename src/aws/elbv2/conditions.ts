import type { RuleCondition as SdkCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { isIP } from 'node:net'
import { compileRegularExpression } from '../../domain/regular-automaton.ts'
import type { RuleCondition } from '../../domain/routing-table.ts'
import type { Answer, Checked } from '../handlers.ts'
import { invalid } from './errors.ts'
import { limits } from './limits.ts'

type AskedCondition = Checked<SdkCondition>

const fields = [
  'path-pattern',
  'host-header',
  'http-header',
  'http-request-method',
  'query-string',
  'source-ip',
] as const satisfies readonly RuleCondition['field'][]
const repeatableFields: readonly string[] = ['http-header', 'query-string']

/** The conditions of a rule, in the older style (Field and Values) or the newer (Field and its own Config). */
export function readConditions(asked: readonly AskedCondition[]): readonly RuleCondition[] {
  if (asked.length === 0) throw invalid('A rule must have at least one condition')
  const conditions = asked.map(readCondition)
  checkTogether(conditions)
  return conditions
}

/** Host headers and path patterns are answered in both styles. */
export function describeCondition(condition: RuleCondition): Answer<SdkCondition> {
  const { field: Field } = condition
  switch (condition.field) {
    case 'host-header':
      return { Field, ...describeTexts(condition), HostHeaderConfig: describeTexts(condition) }
    case 'path-pattern':
      return { Field, ...describeTexts(condition), PathPatternConfig: describeTexts(condition) }
    case 'http-header':
      return { Field, HttpHeaderConfig: { HttpHeaderName: condition.name, ...describeTexts(condition) } }
    case 'http-request-method':
      return { Field, HttpRequestMethodConfig: { Values: condition.values } }
    case 'query-string':
      return { Field, QueryStringConfig: { Values: condition.values.map(describePair) } }
    case 'source-ip':
      return { Field, SourceIpConfig: { Values: condition.values } }
    default:
      return condition satisfies never
  }
}

type Texts = { readonly values: readonly string[]; readonly regexValues?: readonly string[] }

function describeTexts({ values, regexValues }: Texts) {
  return regexValues === undefined ? { Values: values } : { RegexValues: regexValues }
}

function describePair({ key, value }: { readonly key?: string | undefined; readonly value: string }) {
  return key === undefined ? { Value: value } : { Key: key, Value: value }
}

function readCondition(asked: AskedCondition): RuleCondition {
  const field = fields.find((each) => each === asked.Field)
  if (field === undefined) {
    if (asked.Field === undefined) throw invalid('A condition field must be specified')
    throw invalid(`Condition field '${asked.Field}' must be one of '[${fields.join(',')}]'`)
  }
  switch (field) {
    case 'host-header':
      return { field, ...readTexts(asked, 'HostHeaderConfig', checkedHost) }
    case 'path-pattern':
      return { field, ...readTexts(asked, 'PathPatternConfig', checkedPath) }
    case 'http-header':
      return readHttpHeader(asked)
    case 'http-request-method':
      return { field, values: readConfigValues(asked, 'HttpRequestMethodConfig').map(checkedMethod) }
    case 'query-string':
      return readQueryString(asked)
    case 'source-ip':
      return readSourceIp(asked)
    default:
      return field satisfies never
  }
}

type ConfigName = Exclude<keyof AskedCondition, 'Field' | 'Values' | 'RegexValues'>

/** Either values with wildcards or regular expressions, in the older style or the newer. */
function readTexts(
  asked: AskedCondition,
  configName: 'HostHeaderConfig' | 'PathPatternConfig' | 'HttpHeaderConfig',
  checked: (value: string) => string,
): Texts {
  const { RegexValues: older = [], ...others } = asked
  const newer = others[configName]?.RegexValues ?? []
  if (older.length + newer.length === 0) {
    const values =
      configName === 'HttpHeaderConfig' ? readConfigValues(others, configName) : readValues(others, configName)
    return { values: values.map(checked) }
  }
  if (older.length > 0 && newer.length > 0) {
    throw invalid(`A condition on '${asked.Field}' takes either RegexValues or ${configName}.RegexValues, not both`)
  }
  if ((others.Values ?? []).length + (others[configName]?.Values ?? []).length > 0) {
    throw invalid(`A condition on '${asked.Field}' takes either Values or RegexValues, not both`)
  }
  refuseOtherConfigs({ ...others, Values: [] }, configName)
  return { values: [], regexValues: [...older, ...newer].map(checkedRegex) }
}

/** Values of a field that knows both styles. */
function readValues(asked: AskedCondition, configName: 'HostHeaderConfig' | 'PathPatternConfig'): readonly string[] {
  const { Values = [], ...newStyle } = asked
  if (Values.length === 0) return readConfigValues(newStyle, configName)
  if (asked[configName] !== undefined) {
    throw invalid(`A condition on '${asked.Field}' takes either Values or ${configName}, not both`)
  }
  refuseOtherConfigs(newStyle, configName)
  return Values
}

function readConfigValues(
  asked: AskedCondition,
  configName:
    'HostHeaderConfig' | 'PathPatternConfig' | 'HttpHeaderConfig' | 'HttpRequestMethodConfig' | 'SourceIpConfig',
): readonly string[] {
  refuseOtherConfigs(asked, configName)
  const values = asked[configName]?.Values ?? []
  if (values.length === 0) throw invalid(`A condition on '${asked.Field}' needs at least one value in ${configName}`)
  return values
}

function refuseOtherConfigs(asked: AskedCondition, configName: ConfigName): void {
  const others = Object.entries(asked).filter(([name, value]) => {
    const isOwn = name === 'Field' || name === configName
    return !isOwn && value !== undefined && !(Array.isArray(value) && value.length === 0)
  })
  for (const [name] of others) {
    throw invalid(`A condition on '${asked.Field}' takes its values in ${configName}, not in ${name}`)
  }
}

function readHttpHeader(asked: AskedCondition): RuleCondition {
  const texts = readTexts(asked, 'HttpHeaderConfig', (value) => checkedAscii('HTTP header value', value))
  const name = asked.HttpHeaderConfig?.HttpHeaderName ?? ''
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/.test(name)) {
    throw invalid(`HTTP header name '${name}' must have 1 to 40 characters that are valid in a header name`)
  }
  if (name.toLowerCase() === 'host') throw invalid("HTTP header name 'Host' must be a 'host-header' condition")
  return { field: 'http-header', name, ...texts }
}

function readQueryString(asked: AskedCondition): RuleCondition {
  refuseOtherConfigs(asked, 'QueryStringConfig')
  const pairs = asked.QueryStringConfig?.Values ?? []
  if (pairs.length === 0) throw invalid("A condition on 'query-string' needs at least one value in QueryStringConfig")
  const values = pairs.map(({ Key, Value }) => {
    if (Value === undefined) throw invalid('A value must be specified for each pair of a query string condition')
    const value = checkedQueryText('Query string value', Value)
    return Key === undefined ? { value } : { key: checkedQueryText('Query string key', Key), value }
  })
  return { field: 'query-string', values }
}

function readSourceIp(asked: AskedCondition): RuleCondition {
  if (asked.SourceIpConfig?.IpAddressType !== undefined) {
    throw invalid('SourceIpConfig.IpAddressType is for Network Load Balancers; use SourceIpConfig.Values')
  }
  return { field: 'source-ip', values: readConfigValues(asked, 'SourceIpConfig').map(checkedCidr) }
}

function checkedHost(value: string): string {
  checkedText('Host header value', value)
  if (/^[A-Za-z0-9_.*?-]+$/.test(value)) return value
  throw invalid(`Host header value '${value}' can only contain letters, digits and - _ . * ?`)
}

function checkedPath(value: string): string {
  checkedText('Path pattern', value)
  if (/^[A-Za-z0-9_.$/~"'@:+&*?-]+$/.test(value)) return value
  throw invalid(`Path pattern '${value}' can only contain letters, digits and _ - . $ / ~ " ' @ : + & * ?`)
}

function checkedRegex(value: string): string {
  checkedAscii('Regular expression', value)
  const regex = compileRegularExpression(value, { ignoresCase: false })
  if (typeof regex !== 'string') return value
  throw invalid(`Regular expression '${value}' ${regex}`)
}

function checkedMethod(value: string): string {
  if (/^[A-Z_-]{1,40}$/.test(value)) return value
  throw invalid(`HTTP request method '${value}' must have 1 to 40 characters of A-Z, hyphen (-) and underscore (_)`)
}

function checkedCidr(value: string): string {
  const [address = '', bits = '', ...rest] = value.split('/')
  const widest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  const isCidr = rest.length === 0 && !address.includes('%') && /^\d{1,3}$/.test(bits) && Number(bits) <= widest
  if (isCidr) return value
  throw invalid(`Source IP '${value}' must be a CIDR block, such as 192.0.2.0/24 or 2001:db8::/32`)
}

/** Requests are compared byte by byte, and clients do not agree on which bytes make any other character. */
function checkedAscii(noun: string, text: string): string {
  if (/^[\t -~]*$/.test(checkedText(noun, text))) return text
  throw invalid(`${noun} '${text}' must have only printable characters of ASCII; put a wildcard in place of others`)
}

/** No request has others in its URI. */
function checkedQueryText(noun: string, text: string): string {
  if (/^[!-~]*$/.test(checkedText(noun, text))) return text
  throw invalid(`${noun} '${text}' must have only characters that a URI can have; others are percent-encoded in it`)
}

function checkedText(noun: string, text: string): string {
  if (text.length >= 1 && text.length <= 128) return text
  throw invalid(`${noun} '${text}' must have 1 to 128 characters`)
}

function checkTogether(conditions: readonly RuleCondition[]): void {
  const repeated = conditions.find(
    ({ field }, at) => !repeatableFields.includes(field) && conditions.findIndex((each) => each.field === field) < at,
  )
  if (repeated !== undefined) throw invalid(`A rule can only have one '${repeated.field}' condition`)
  if (conditions.reduce((count, condition) => count + valueCount(condition), 0) > limits.conditionValuesPerRule) {
    throw invalid(`A rule can only have '${limits.conditionValuesPerRule}' condition values`)
  }
  const wildcards = conditions.flatMap(patternsOf).join('').replaceAll(/[^*?]/g, '').length
  if (wildcards > limits.conditionWildcardsPerRule) {
    throw invalid(`A rule can only have '${limits.conditionWildcardsPerRule}' condition wildcards`)
  }
}

function valueCount(condition: RuleCondition): number {
  const regular = 'regexValues' in condition ? (condition.regexValues?.length ?? 0) : 0
  return condition.values.length + regular
}

function patternsOf(condition: RuleCondition): readonly string[] {
  if (condition.field === 'source-ip' || condition.field === 'http-request-method') return []
  if (condition.field === 'query-string') return condition.values.flatMap(({ key = '', value }) => [key, value])
  return condition.values
}
