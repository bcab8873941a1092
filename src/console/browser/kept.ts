import { Component, h } from 'preact'
import type { ComponentChild } from 'preact'

type Props = { readonly of: readonly unknown[]; readonly draw: () => ComponentChild }

/** A part of a page that is drawn again when something that it shows is another, not with everything else. */
export function kept(of: readonly unknown[], draw: () => ComponentChild): ComponentChild {
  return h(Kept, { of, draw })
}

class Kept extends Component<Props> {
  override shouldComponentUpdate({ of }: Props): boolean {
    return of.some((each, place) => each !== this.props.of[place])
  }

  override render(): ComponentChild {
    return this.props.draw()
  }
}
