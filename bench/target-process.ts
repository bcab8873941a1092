import { createServer } from 'node:net'

type TargetPlan = { readonly port: number; readonly letter: string; readonly bytes: number }

const endOfHead = Buffer.from('\r\n\r\n')

// A target must cost next to nothing, or it would be the target that is measured: no HTTP server, no strings.
for (const plan of JSON.parse(process.argv[2] ?? '[]') as readonly TargetPlan[]) serve(plan)

function serve({ port, letter, bytes }: TargetPlan): void {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Group: ${letter}\r\nContent-Length: ${bytes}\r\n\r\n`
  const answer = Buffer.from(head + letter.repeat(bytes))
  const server = createServer({ noDelay: true }, (socket) => {
    let rest: Buffer | undefined
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      // Requests have no bodies here, so each end of a head is a request.
      const received = rest === undefined ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (let end = received.indexOf(endOfHead); end >= 0; end = received.indexOf(endOfHead, start)) {
        start = end + endOfHead.length
        socket.write(answer)
      }
      rest = start === received.length ? undefined : received.subarray(start)
    })
  })
  server.listen({ port, host: '127.0.0.1', backlog: 4096 })
}
