// A small web application as people run them on ECS: it answers pages, slow streams and uploads, tells its version with
// every answer, and when it is told to end it finishes what it has begun first.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const version = readFileSync(new URL('version.txt', import.meta.url), 'utf8').trim()
const port = Number(process.env.PORT ?? 8080)

const server = createServer((request, response) => {
  response.setHeader('x-hello-version', version)
  if (!server.listening) response.setHeader('connection', 'close')
  response.once('close', closeIfEnding)
  answer(request, response).catch((error) => {
    console.error(`${request.method} ${request.url} failed: ${error.message}`)
    response.destroy()
  })
})

async function answer(request, response) {
  const url = new URL(request.url, 'http://hello')
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /':
      return send(response, 200, 'text/html; charset=utf-8', page())
    case 'GET /health':
      return send(response, 200, 'text/plain', 'ok\n')
    case 'GET /slow':
      return sendSlowly(response, Number(url.searchParams.get('ms') ?? 1000))
    case 'POST /upload':
      return send(response, 200, 'application/json', JSON.stringify(await received(request)))
    default:
      return send(response, 404, 'text/plain', 'There is no such page. Try /, /health, /slow?ms=500 or POST /upload.\n')
  }
}

function page() {
  return `<!doctype html>
<html lang="en">
<title>Hello</title>
<body style="font-family: system-ui; text-align: center; margin-top: 20vh">
<h1>Hello, this is version ${version}</h1>
<p>Answered by process ${process.pid}.</p>
</body>
</html>
`
}

function send(response, status, contentType, body) {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** Ten lines, spread over the time asked for (30 seconds at most). */
async function sendSlowly(response, milliseconds) {
  const wanted = Number.isFinite(milliseconds) ? Math.min(Math.max(0, milliseconds), 30_000) : 1000
  response.writeHead(200, { 'content-type': 'text/plain' })
  for (let line = 1; line <= 10; line++) {
    await delay(wanted / 10)
    if (response.destroyed) return
    response.write(`line ${line} of 10 from version ${version}\n`)
  }
  response.end('done\n')
}

/** What was uploaded: its length and its SHA-256. */
async function received(request) {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

server.listen(port, () => console.log(`hello version ${version} listens on port ${port}`))

process.once('SIGTERM', () => {
  console.log('told to end: finishing what was begun')
  // Takes nothing new, closes the connections that are idle, and ends once the last answer is out.
  server.close(() => console.log('ended'))
})

/** A connection whose answer was already on its way at SIGTERM is closed after it. */
function closeIfEnding() {
  if (!server.listening) setImmediate(() => server.closeIdleConnections())
}
