import type { RequestHandling } from '../domain/routing-table.ts'

/** How dangerous a request is that the RFC does not allow, or leaves open; as AWS's HTTP Desync Guardian says it. */
export type DesyncClass = 'Compliant' | 'Acceptable' | 'Ambiguous' | 'Severe'

/**
 * Why, in the words of an access log's `classification_reason`. With the first five a request can be passed on; with all
 * others it is refused in every mode, also in `monitor`: the router never forwards what two servers could read in two ways.
 */
export const DesyncReason = {
  compliant: 0,
  nonCompliantHeader: 1,
  getHeadZeroContentLength: 2,
  suspiciousHeader: 3,
  undefinedContentLengthSemantics: 4,
  undefinedTransferEncodingSemantics: 5,
  emptyHeader: 6,
  ambiguousUri: 7,
  bothTeClPresent: 8,
  duplicateContentLength: 9,
  badHeader: 10,
  badUri: 11,
  badVersion: 12,
  badMethod: 13,
  badContentLength: 14,
  multipleContentLength: 15,
  badTransferEncoding: 16,
  multipleTransferEncodingChunked: 17,
  nonCompliantVersion: 18,
  spaceInUri: 19,
} as const

const reasons: readonly { readonly name: string; readonly class: DesyncClass }[] = [
  { name: '-', class: 'Compliant' },
  { name: 'NonCompliantHeader', class: 'Acceptable' },
  { name: 'GetHeadZeroContentLength', class: 'Acceptable' },
  { name: 'SuspiciousHeader', class: 'Ambiguous' },
  { name: 'UndefinedContentLengthSemantics', class: 'Ambiguous' },
  { name: 'UndefinedTransferEncodingSemantics', class: 'Ambiguous' },
  { name: 'EmptyHeader', class: 'Ambiguous' },
  { name: 'AmbiguousUri', class: 'Ambiguous' },
  { name: 'BothTeClPresent', class: 'Ambiguous' },
  { name: 'DuplicateContentLength', class: 'Ambiguous' },
  { name: 'BadHeader', class: 'Severe' },
  { name: 'BadUri', class: 'Severe' },
  { name: 'BadVersion', class: 'Severe' },
  { name: 'BadMethod', class: 'Severe' },
  { name: 'BadContentLength', class: 'Severe' },
  { name: 'MultipleContentLength', class: 'Severe' },
  { name: 'BadTransferEncoding', class: 'Severe' },
  { name: 'MultipleTransferEncodingChunked', class: 'Severe' },
  { name: 'NonCompliantVersion', class: 'Acceptable' },
  { name: 'SpaceInUri', class: 'Acceptable' },
]

const compliant = { name: '-', class: 'Compliant' } as const

export function desyncClassOf(reason: number): DesyncClass {
  return (reasons[reason] ?? compliant).class
}

/** `-` where there is none. */
export function desyncReasonName(reason: number): string {
  return (reasons[reason] ?? compliant).name
}

/** What a mode makes of a request that could be passed on. */
export type DesyncVerdict = 'forward' | 'forward-and-close' | 'refuse'

/**
 * `monitor` only counts; `defensive` passes ambiguous requests on but uses neither the client's nor the target's
 * connection again, so that an answer to a smuggled second request reaches nobody; `strictest` refuses with 400 what is
 * not compliant.
 */
export function desyncVerdict(reason: number, mode: RequestHandling['desyncMitigationMode']): DesyncVerdict {
  if (reason === DesyncReason.compliant) return 'forward'
  if (mode === 'strictest') return 'refuse'
  return mode === 'defensive' && desyncClassOf(reason) === 'Ambiguous' ? 'forward-and-close' : 'forward'
}

/** No other request follows this one on the target's connection. */
export function closesTarget(
  { desyncReason }: { readonly desyncReason: number },
  { desyncMitigationMode }: RequestHandling,
): boolean {
  return desyncVerdict(desyncReason, desyncMitigationMode) === 'forward-and-close'
}
