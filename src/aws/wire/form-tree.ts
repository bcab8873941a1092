/** A name of a form, or a part of one: `A.member.1=x` is the text `x` at the children `A`, `member`, `1`. */
export type FormNode = { text: string | undefined; readonly children: Map<string, FormNode> }

/** The dotted names of a form as a tree. Of a name given twice the last value counts, as on AWS. */
export function formTree(form: Iterable<readonly [string, string]>): FormNode {
  const root = emptyNode()
  for (const [name, value] of form) {
    let node = root
    for (const part of name.split('.', deepest)) {
      const next = node.children.get(part) ?? emptyNode()
      node.children.set(part, next)
      node = next
    }
    node.text = value
  }
  return root
}

/** Far below where any model ends, so that what is cut off belongs to a name that is not known anyway. */
const deepest = 64

const emptyNode = (): FormNode => ({ text: undefined, children: new Map() })
