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

/** Asks for the token, without any script. */
export function loginPage(to: string, trouble = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Teal</title>
<link rel="stylesheet" href="/console/assets/console.css">
</head>
<body>
<main>
<form class="card login" method="post" action="/console/login?to=${encodeURIComponent(to)}">
<h1>Teal</h1>
<label>Token <input name="token" type="password" autocomplete="current-password" autofocus required></label>
<p class="small">It is the secret access key that <code>teal serve</code> printed on the machine it runs on.</p>
<p class="bad" role="alert">${trouble}</p>
<button class="primary solid">Log in</button>
</form>
</main>
</body>
</html>
`
}

export const noSniff = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }

/** Nothing but what this console serves itself, no script in the page, and in nobody's frame. */
export const htmlHeaders = {
  'content-type': 'text/html; charset=utf-8',
  ...noSniff,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
}
