import { counted } from '../domain/counted.ts'

export { counted } from '../domain/counted.ts'

/** `0.4 s`, `3 min 12 s`, `2 h 5 min`, of milliseconds. */
export function spanOf(milliseconds: number): string {
  const seconds = milliseconds / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `14:05:09`, in this machine's time. */
export function timeOfDay(date: Date): string {
  return date.toTimeString().slice(0, 8)
}

/** The time of day, and the date where it is another day's than `now`. */
export function momentOf(time: number, now: number): string {
  const [date, today] = [new Date(time), new Date(now)]
  return date.toDateString() === today.toDateString() ? timeOfDay(date) : dateAndTime(date)
}

/** `2027-03-01 14:05:09`, in this machine's time. */
export function dateAndTime(date: Date): string {
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((number) => String(number).padStart(2, '0'))
  return `${date.getFullYear()}-${month}-${day} ${timeOfDay(date)}`
}

/** `web:42` of a task definition's ARN, or what stands behind the last slash of any other. */
export function shortArn(arn: string | undefined): string | undefined {
  return arn?.slice(arn.lastIndexOf('/') + 1)
}

/** `12 minutes`, and how long that is where minutes are shortened: `12 minutes (12.0 s here)`. */
export function minutesInWords(minutes: number, minuteMilliseconds: number): string {
  const here = minuteMilliseconds === 60_000 ? '' : ` (${spanOf(minutes * minuteMilliseconds)} here)`
  return `${counted(minutes, 'minute')}${here}`
}

/** Numbers as people read them: `0`, `3`, `4.25`, `12,480`. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 3 : 1 })
}

export function timeIn(date: Date | undefined): number | undefined {
  return date?.getTime()
}
