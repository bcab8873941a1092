/**
 * How long a period really lasts. CloudWatch has periods of whole minutes, and short ones of high resolution. Those of
 * whole minutes follow the clock setting that shortens what AWS configures in minutes, as a canary's interval does: a
 * canary of five minutes has five datapoints of a 60 second period, however long a minute lasts. Publishing, queries and
 * alarms all count by this one function. Short periods are seconds.
 */
export function periodMilliseconds(periodSeconds: number, minuteMilliseconds: number): number {
  return periodSeconds % 60 === 0 ? (periodSeconds / 60) * minuteMilliseconds : periodSeconds * 1000
}

/** CloudWatch looks at alarms of high resolution so often; at the others once a minute, also where their periods are longer. */
const highResolutionMilliseconds = 10_000

/** How often an alarm is evaluated: by the periods before the end of such a step, wherever they begin. */
export function evaluationStep(periodSeconds: number, minuteMilliseconds: number): number {
  return periodSeconds % 60 === 0 ? minuteMilliseconds : highResolutionMilliseconds
}

/** The last multiple of the period, counted from the epoch, that is not after the time. */
export function startOfPeriod(time: number, milliseconds: number): number {
  return Math.floor(time / milliseconds) * milliseconds
}
