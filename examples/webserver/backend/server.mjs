// The shop behind the web server: a list of things, and a page for each.
import { createServer } from 'node:http'

const count = 40

const server = createServer(({ url }, response) => {
  const text = pageAt(url ?? '/')
  response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text ?? 'There is no such thing.\n')
})

function pageAt(path) {
  if (path === '/shop/') return Array.from({ length: count }, (_, at) => `/shop/items/${at + 1}\n`).join('')
  const [, number = '0'] = /^\/shop\/items\/(\d+)$/.exec(path) ?? []
  return Number(number) >= 1 && Number(number) <= count ? `Thing ${number}\n` : undefined
}

server.keepAliveTimeout = 75_000
server.listen(Number(process.env.PORT ?? 3000), () => console.log('the shop is open'))
process.once('SIGTERM', () => server.close())
