import type { Assets } from './assets.ts'
import type { DeploymentView, DocumentView } from './views.ts'

/** A deployment's page as one file that needs nobody: styles, scripts and what is known are in it. */
export function deploymentFile(
  assets: Assets,
  known: { readonly view: DeploymentView; readonly documents: readonly DocumentView[] },
): string {
  const view = { ...known.view, actions: [] }
  const data = JSON.stringify({ view, documents: known.documents }).replaceAll('<', '\\u003c')
  const title = `Deployment ${known.view.head.id}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${assets.stylesheet}</style>
<script type="importmap">${assets.importMap()}</script>
</head>
<body>
<div id="console"></div>
<script type="application/json" id="exported">${data}</script>
<script type="module">import 'teal/${assets.entry}'</script>
</body>
</html>
`
}
