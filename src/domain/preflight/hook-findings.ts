import { thingOf } from './facts.ts'
import type { FunctionFacts, GroupFacts, HookFacts, Looked, PreflightFacts } from './facts.ts'
import { parseFunctionReference, regionElsewhere } from '../lambda-function.ts'
import { errorAt, noteAt, warningAt } from './finding.ts'
import type { Finding, FindingPlace } from './finding.ts'

/** Whether the functions that judge the deployment are there, can be asked, and can answer. */
export function hookFindings(facts: PreflightFacts): readonly Finding[] {
  const hooks = thingOf(facts.appSpec)?.hooks ?? []
  const group = thingOf(facts.group)
  return hooks.flatMap((hook) => {
    const looked = facts.functions.find(({ name }) => name === hook.functionName)?.looked
    return [
      ...testListenerFindings(hook, group),
      ...[hookElsewhere(hook, facts.region)].filter((finding) => finding !== undefined),
      ...(looked === undefined ? [] : functionFindings(hook, looked, group?.serviceRoleArn ?? 'the service role')),
    ]
  })
}

function testListenerFindings(hook: HookFacts, group: GroupFacts | undefined): readonly Finding[] {
  if (hook.event !== 'AfterAllowTestTraffic' || group === undefined || group.testListenerArn !== undefined) return []
  return [
    warningAt('hook-without-test-listener', at(hook), {
      what: `The hook ${hook.functionName} stands on ${hook.event}, but deployment group ${group.deploymentGroupName} has no test listener.`,
      why: 'Without one there is no test traffic and no such event: the function is never called, and nothing judges green.',
      how: 'Give the group a testTrafficRoute, or move the hook to AfterInstall or BeforeAllowTraffic.',
    }),
  ]
}

/** A finding where the function is named by the ARN of another region than the deployment's. */
export function hookElsewhere(hook: HookFacts, region: string): Finding | undefined {
  const of = regionElsewhere(hook.functionName, region)
  if (of === undefined) return undefined
  return errorAt('hook-region', at(hook), {
    what: `The function hooked on ${hook.event} is in ${of}; the deployment is in ${region}.`,
    why: 'CodeDeploy calls functions of its own region only: the event fails.',
    how: `Create the function in ${region}, and name that one.`,
  })
}

function functionFindings(hook: HookFacts, looked: Looked<FunctionFacts>, serviceRoleArn: string): readonly Finding[] {
  if (looked.kind === 'absent') return [missingFunction(hook)]
  if (looked.kind !== 'found') return []
  const { state = 'Active', stateReason } = looked.thing
  const isReady = state === 'Active' || state === 'Inactive'
  return [...(isReady ? [] : [notReady(hook, state, stateReason)]), ...permissionFindings(hook, serviceRoleArn)]
}

/** Policies are not read here; but this one refuses by the name alone. */
function permissionFindings(hook: HookFacts, serviceRoleArn: string): readonly Finding[] {
  const name = hook.functionName.startsWith('arn:') ? (hook.functionName.split(':')[6] ?? '') : hook.functionName
  if (name.startsWith('CodeDeployHook_')) return []
  return [
    noteAt('hook-permission', at(hook), {
      what: `The name of the function ${name}, hooked on ${hook.event}, does not begin with CodeDeployHook_.`,
      why: "AWS's policy AWSCodeDeployRoleForECSLimited allows CodeDeploy to invoke functions of such names only. Teal does not enforce roles.",
      how: `Check that ${serviceRoleArn} may invoke it (lambda:InvokeFunction), or name it CodeDeployHook_${name}.`,
    }),
  ]
}

export function missingFunction(hook: HookFacts): Finding {
  return errorAt('hook-missing', at(hook), {
    what: `There is no function ${hook.functionName}, which is hooked on ${hook.event}.`,
    why: `The deployment fails in ${hook.event}: CodeDeploy cannot invoke it.`,
    how: howToMend(hook.functionName),
  })
}

function howToMend(text: string): string {
  const { functionName, qualifier } = parseFunctionReference(text) ?? {}
  if (functionName === undefined) return "Write a function's name or ARN."
  const make = `Make it: teal hook add ${functionName} DIRECTORY; or mend the name.`
  if (qualifier === undefined) return make
  return `${make} Where ${functionName} is there, it has no version or alias ${qualifier}: publish one, or leave it out.`
}

function notReady(hook: HookFacts, state: string, reason: string | undefined): Finding {
  const because = reason === undefined ? '' : ` (${reason})`
  return errorAt('hook-not-ready', at(hook), {
    what: `The function ${hook.functionName}, hooked on ${hook.event}, is ${state}${because}.`,
    why: 'It cannot be invoked until it is Active.',
    how: `See \`aws lambda get-function --function-name ${hook.functionName}\`.`,
  })
}

function at({ event, functionName }: HookFacts): FindingPlace {
  return { subject: 'AppSpec', id: functionName, field: ['Hooks', event] }
}
