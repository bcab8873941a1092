/** Acceptance tests of a version by the URLs that people request: what the package exports as `teal/acceptance`. */
export { failureGroups, slowest, type FailureGroup } from './failure-groups.ts'
export { failureUpperBound } from './confidence.ts'
export {
  acceptanceHook,
  type AcceptanceHook,
  type AcceptanceHookOptions,
  type HookContext,
  type HookStatus,
} from './hook.ts'
export type { CodeDeployHookEvent, HookServices } from './hook-services.ts'
export type { ComparisonOptions } from './comparison.ts'
export type { Judgement } from './judgement.ts'
export { AcceptanceOptionError, type AcceptanceOptions, type Progress } from './options.ts'
export { runAcceptance, type AcceptanceResult } from './run.ts'
export type { UrlResult } from './url-check.ts'
export { formatUrlList, parseUrlList, UrlListError, type ListedUrl } from './url-list.ts'
export { htmlReport } from './html-report.ts'
export { junitReport } from './junit-report.ts'
