import { createServer } from 'node:http'

/** A web server that takes so many milliseconds for every answer, as its parent says; tells its port and ends with it. */
const milliseconds = Number(process.argv[2])

const server = createServer((_, response) => {
  setTimeout(() => response.end('ok\n'), milliseconds)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
process.on('disconnect', () => process.exit(0))
