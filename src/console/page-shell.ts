/** The page of every address of the console: what it shows is the script's to draw. */
export function pageShell(entry: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Teal</title>
<link rel="icon" href="/console/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/console/assets/console.css">
<script type="module" src="/console/assets/${entry}"></script>
</head>
<body>
<div id="console"><noscript>The console needs JavaScript. The command line does not: teal deployments.</noscript></div>
</body>
</html>
`
}
