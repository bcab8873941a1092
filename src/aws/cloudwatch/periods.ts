import type { AwsError } from '../../domain/aws-error.ts'

const shortPeriods = [1, 5, 10, 20, 30]

/** 1, 5, 10, 20, 30 or a multiple of 60 seconds. */
export function checkPeriod(seconds: number, place: string, refuse: (message: string) => AwsError): number {
  const isValid = Number.isInteger(seconds) && seconds > 0 && (seconds % 60 === 0 || shortPeriods.includes(seconds))
  if (isValid) return seconds
  throw refuse(
    `The value ${seconds} for parameter ${place} is invalid. It must be ${shortPeriods.join(', ')} or a multiple of 60.`,
  )
}
