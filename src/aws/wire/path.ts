/** Where a value is in a request: names of members and map keys, and list indices counted from 0. */
export type Path = readonly (string | number)[]

/** As a person writes it: `loadBalancers[0].targetGroupArn`. */
export function pathText(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')
}

/** As AWS's validation writes it: `loadBalancers.1.member.targetGroupArn`. */
export function modelPathText(path: Path): string {
  return path.map((part) => (typeof part === 'number' ? `${part + 1}.member` : lowerFirst(part))).join('.')
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
