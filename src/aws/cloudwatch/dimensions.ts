import type { AlarmDimension } from '../../domain/alarm.ts'
import type { AwsError } from '../../domain/aws-error.ts'

const mostDimensions = 30

type GivenDimension = { readonly Name: string; readonly Value: string }

/** Reads dimensions; `refuse` words what is wrong, `place` says where they stand. */
export function readDimensions(
  given: readonly GivenDimension[] = [],
  place: string,
  refuse: (message: string) => AwsError,
): readonly AlarmDimension[] {
  if (given.length > mostDimensions) {
    throw refuse(`The collection ${place} must not have a size greater than ${mostDimensions}.`)
  }
  const names = new Set<string>()
  return given.map(({ Name: name, Value: value }, at) => {
    const where = `${place}.member.${at + 1}`
    checkText(name, { place: `${where}.Name`, most: 255 }, refuse)
    checkText(value, { place: `${where}.Value`, most: 1024 }, refuse)
    if (name.startsWith(':')) throw refuse(`The parameter ${where}.Name must not begin with a colon.`)
    if (names.has(name)) throw refuse(`No two dimensions may have the same name; ${name} is given twice in ${place}.`)
    names.add(name)
    return { name, value }
  })
}

export function checkText(
  text: string,
  { place, most }: { readonly place: string; readonly most: number },
  refuse: (message: string) => AwsError,
): string {
  if (text.trim() === '') throw refuse(`The parameter ${place} must not be empty or blank.`)
  if (text.length > most) throw refuse(`The parameter ${place} must be shorter than ${most + 1} characters.`)
  return text
}

export function dimensionList(dimensions: readonly AlarmDimension[]) {
  return dimensions.map(({ name, value }) => ({ Name: name, Value: value }))
}
