/** Numbers, times and texts as people read them. */
/** Not by the browser's own formatting: what that needs at first makes a page wait. */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 request`, `12,480 requests`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

export function rate(value: number | undefined): string {
  if (value === undefined) return '–'
  if (value >= 100) return count(value)
  return value >= 10 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '')
}

export function percent(value: number): string {
  return `${Number.isInteger(value) ? value : value.toFixed(1)}%`
}

/** In milliseconds. */
export function latency(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–'
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`
  return milliseconds >= 10 ? `${milliseconds.toFixed(0)} ms` : `${milliseconds.toFixed(1)} ms`
}

export function span(milliseconds: number): string {
  if (milliseconds < 950) return `${Math.max(0, Math.round(milliseconds))} ms`
  const seconds = milliseconds / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 59.5) return `${Math.round(seconds)} s`
  const minutes = Math.floor(Math.round(seconds) / 60)
  if (minutes < 60) return `${minutes} m ${String(Math.round(seconds) % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`
}

/** `1:05`, `0:09`, `2:00:00` */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const rest = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

export function timeOfDay(at: number): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((each) => String(each).padStart(2, '0')).join(':')
}

export function dateAndTime(at: number): string {
  const date = new Date(at)
  const day = `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`
  return `${day} ${timeOfDay(at)}`
}

/** With its day, where that is another than the one before. */
export function timeAfter(before: number, at: number): string {
  const isSameDay = new Date(before).toDateString() === new Date(at).toDateString()
  return isSameDay ? timeOfDay(at) : dateAndTime(at)
}

export function ago(at: number, now: number): string {
  const seconds = Math.max(0, (now - at) / 1000)
  if (seconds < 60) return 'just now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return dateAndTime(at).slice(0, 16)
}

/** Functions' lines begin with the time and the id of the invocation, which is the same in each: only their texts are told. */
export function withoutInvocation(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z\s[0-9a-f-]{36}\s/g, '')
}
