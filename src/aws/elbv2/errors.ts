import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError } from '../../domain/aws-error.ts'

/** The SDK's names of ELBv2's exceptions, and the code for an input that is wrong in itself. */
export type ErrorCode = Extract<keyof typeof sdk, `${string}Exception`> | 'ValidationError'

export function refusal(code: ErrorCode, message: string): AwsError {
  return new AwsError(code, message)
}

export function invalid(message: string): AwsError {
  return refusal('ValidationError', message)
}

/** AWS can do this, Teal cannot (yet): named with its value, and what to do instead. */
export function unsupported(code: ErrorCode, parameter: string, value: unknown, advice: string): AwsError {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return refusal(code, `${parameter} '${text}' is not supported by Teal; ${advice}`)
}

/** Throws ValidationError unless `value` is a whole number from `minimum` to `maximum`. */
export function checkRange(
  parameter: string,
  value: number,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw invalid(`${parameter} '${value}' must be a whole number between ${minimum} and ${maximum}`)
}

export const portRange = { minimum: 1, maximum: 65_535 }

/** Throws for the first parameter that was given, unless as an empty list. */
export function refuseGiven(code: ErrorCode, parameters: Readonly<Record<string, unknown>>, advice: string): void {
  for (const [parameter, value] of Object.entries(parameters)) {
    const isAbsent = value === undefined || (Array.isArray(value) && value.length === 0)
    if (!isAbsent) throw unsupported(code, parameter, value, advice)
  }
}

/**
 * Names of load balancers and target groups: up to 32 letters, digits and hyphens, no hyphen at either end.
 * `noun` begins the message, as in AWS's own: `Target group name`.
 */
export function checkName(noun: string, name: string): void {
  if (name.length > 32) throw invalid(`${noun} '${name}' cannot be longer than '32' characters`)
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    throw invalid(`${noun} '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`)
  }
  if (name.startsWith('-') || name.endsWith('-'))
    throw invalid(`${noun} '${name}' cannot begin or end with a hyphen(-)`)
}
