import type { DeploymentView } from './deployment-view.ts'

/** The end of a deployment once the one that brings its traffic back is over too: that one is nothing to wait for any more. */
export function afterRollback(view: DeploymentView, { id, phase }: DeploymentView): DeploymentView {
  const { diagnosis } = view
  if (diagnosis === undefined || phase !== 'succeeded') return view
  const state = diagnosis.state.map((each) =>
    each.includes(id) ? `deployment ${id} has brought all traffic back to blue` : each,
  )
  const next = diagnosis.next.filter(({ command }) => command !== `teal watch ${id}`)
  return { ...view, diagnosis: { ...diagnosis, state, next } }
}
