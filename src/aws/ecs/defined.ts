/** The object without the members that are undefined, as the domain's optional members want it. */
export function defined<Type extends object>(value: Type): Defined<Type> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<Type>
}

export type Defined<Type> = {
  [Name in keyof Type as undefined extends Type[Name] ? never : Name]: Type[Name]
} & {
  [Name in keyof Type as undefined extends Type[Name] ? Name : never]?: Exclude<Type[Name], undefined>
}
