import { Component, h } from 'preact'
import type { ComponentChild } from 'preact'
import { deploymentPath } from './parts.ts'
import type { State } from './state.ts'
import { goToLogin } from './stream.ts'

type Props = { readonly state: State; readonly dialog: NonNullable<State['dialog']> }

/** Says what will happen before anything does, and then what came of it. */
export class ActionDialog extends Component<Props> {
  #element: HTMLDialogElement | null = null

  override componentDidMount(): void {
    this.#element?.showModal()
  }

  /** What was clicked is gone: the keyboard goes on at the way out, where a screen reader reads what came of it. */
  override componentDidUpdate({ dialog }: Props): void {
    if (this.props.dialog.phase !== dialog.phase)
      this.#element?.querySelector<HTMLElement>('[aria-describedby]')?.focus()
  }

  override render(): ComponentChild {
    const { dialog, state } = this.props
    const { action, phase, message, next } = dialog
    const isOver = phase === 'done' || phase === 'refused'
    return h(
      'dialog',
      { ref: this.#hold, onClose: this.#close, 'aria-labelledby': 'asked' },
      h('h2', { id: 'asked' }, action.label),
      isOver
        ? h('pre', { class: `outcome ${phase}`, role: 'status', id: 'outcome' }, message ?? '')
        : h('ul', {}, ...action.consequences.map((text) => h('li', {}, text))),
      h(
        'div',
        { class: 'actions' },
        next === undefined ? null : h('a', { class: 'button primary', href: deploymentPath(next) }, 'Watch it'),
        h(
          'button',
          {
            type: 'button',
            onClick: () => this.#element?.close(),
            ...(isOver ? { 'aria-describedby': 'outcome' } : {}),
          },
          isOver ? 'Close' : 'Leave it',
        ),
        isOver
          ? null
          : h(
              'button',
              {
                type: 'button',
                class: action.isDangerous ? 'danger solid' : 'primary solid',
                disabled: phase === 'sent',
                onClick: () => void perform(state, dialog),
              },
              phase === 'sent' ? 'Asking…' : action.label,
            ),
      ),
    )
  }

  readonly #hold = (element: HTMLDialogElement | null): void => {
    this.#element = element
  }

  readonly #close = (): void => {
    const { state } = this.props
    state.dialog = undefined
    state.changed()
  }
}

async function perform(state: State, { action }: Props['dialog']): Promise<void> {
  // A second click may come before the button is drawn as one that cannot be clicked.
  if (state.dialog?.phase !== 'asked') return
  const show = (dialog: State['dialog']): void => {
    if (state.dialog === undefined) return
    state.dialog = dialog
    state.changed()
  }
  show({ action, phase: 'sent' })
  try {
    const response = await fetch('/console/api/actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ deploymentId: state.deployment.head?.id, kind: action.kind, subject: action.subject }),
    })
    if (response.status === 401) return goToLogin()
    const text = await response.text()
    const answer = text.startsWith('{')
      ? (JSON.parse(text) as { message: string; deploymentId?: string })
      : { message: text }
    show({ action, phase: response.ok ? 'done' : 'refused', message: answer.message, next: answer.deploymentId })
  } catch (error) {
    show({ action, phase: 'refused', message: `The engine does not answer: ${String(error)}` })
  }
}
