import type * as sdk from '@aws-sdk/client-acm'
import { AwsError } from '../../domain/aws-error.ts'

/** The SDK's names of ACM's exceptions. */
type ErrorCode = Extract<keyof typeof sdk, `${string}Exception`>

export function refusal(code: ErrorCode, message: string): AwsError {
  return new AwsError(code, message)
}

export function invalid(message: string): AwsError {
  return refusal('ValidationException', message)
}

/** ACM can do this, Teal cannot: named, and what to do instead. */
export function unsupported(parameter: string, advice: string): AwsError {
  return invalid(`${parameter} is not supported by Teal; ${advice}`)
}
