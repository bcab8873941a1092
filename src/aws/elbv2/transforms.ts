import type { RuleTransform as SdkTransform } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { ListenerAction } from '../../domain/load-balancer.ts'
import { compileRewrite, type RewriteRule } from '../../domain/rewrite.ts'
import type { RuleTransform } from '../../domain/routing-table.ts'
import type { Answer, Checked } from '../handlers.ts'
import { invalid } from './errors.ts'

type AskedTransform = Checked<SdkTransform>

/** The member in which each type has what it rewrites. */
const configNames = {
  'host-header-rewrite': 'HostHeaderRewriteConfig',
  'url-rewrite': 'UrlRewriteConfig',
} as const satisfies Record<RuleTransform['type'], keyof AskedTransform>

const types = Object.keys(configNames) as readonly RuleTransform['type'][]

/** Those of a rule. Undefined where there are none. */
export function readTransforms(asked: readonly AskedTransform[] = []): readonly RuleTransform[] | undefined {
  const transforms = asked.map(readTransform)
  const repeated = transforms.find(({ type }, at) => transforms.findIndex((each) => each.type === type) < at)
  if (repeated !== undefined) throw invalid(`A rule can only have one '${repeated.type}' transform`)
  return transforms.length === 0 ? undefined : transforms
}

/**
 * Only a request that goes to a target is rewritten. What AWS does with transforms of other rules is not known; here they
 * are refused, because they would have no effect.
 */
export function checkTransforms(
  transforms: readonly RuleTransform[] | undefined,
  actions: readonly ListenerAction[],
): void {
  if (transforms === undefined || actions.some(({ type }) => type === 'forward')) return
  throw invalid(`A rule with transforms must have a 'forward' action; requests of other actions go to no target`)
}

export function describeTransform({ type, regex, replace }: RuleTransform): Answer<SdkTransform> {
  return { Type: type, [configNames[type]]: { Rewrites: [{ Regex: regex, Replace: replace }] } }
}

function readTransform(asked: AskedTransform): RuleTransform {
  const { Type: type } = asked
  const [other] = types.filter((each) => each !== type && asked[configNames[each]] !== undefined)
  if (other !== undefined) throw invalid(`A transform '${type}' takes ${configNames[type]}, not ${configNames[other]}`)
  const [rewrite, ...others] = asked[configNames[type]]?.Rewrites ?? []
  if (rewrite === undefined || others.length > 0) {
    throw invalid(`A transform '${type}' needs exactly one rewrite in ${configNames[type]}.Rewrites`)
  }
  const rule = { regex: checkedLength('Regex', rewrite.Regex, 1), replace: checkedReplace(type, rewrite.Replace) }
  checkRewrite(type, rule)
  return { type, ...rule }
}

/** What no request can have anywhere would make every request fail. */
function checkedReplace(type: RuleTransform['type'], replace: string): string {
  checkedLength('Replace', replace, 0)
  const allowed = type === 'url-rewrite' ? /^[!"$-~]*$/ : /^[A-Za-z0-9_.:[\]$-]*$/
  if (allowed.test(replace)) return replace
  const what = type === 'url-rewrite' ? 'that a path and a query can have' : 'that a host can have, and $ with a number'
  throw invalid(`Replace '${replace}' of a transform '${type}' can only have characters ${what}`)
}

function checkedLength(name: string, text: string, least: number): string {
  if (text.length >= least && text.length <= 1024) return text
  throw invalid(`${name} of a transform must have ${least} to 1024 characters, not ${text.length}`)
}

function checkRewrite(type: RuleTransform['type'], rule: RewriteRule): void {
  const problem = compileRewrite(rule, { ignoresCase: false })
  if (typeof problem === 'string') throw invalid(`Regex '${rule.regex}' of a transform '${type}' ${problem}`)
}
