/** A piece of a container's output, as Docker sends it: of one stream, and for logs one message. */
export type DockerFrame = { readonly stream: 'stdout' | 'stderr'; readonly payload: Buffer }

const headerBytes = 8

/**
 * Takes apart what Docker sends for a container without a terminal: eight bytes (the stream, three zeroes, the length, big
 * endian), and as many bytes of output. Throws where the stream ends inside a frame.
 */
export async function* dockerFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<DockerFrame> {
  let rest: Buffer = Buffer.alloc(0)
  let pending: Buffer[] = []
  let pendingBytes = 0
  let wanted = headerBytes
  for await (const chunk of chunks) {
    pending.push(chunk)
    pendingBytes += chunk.length
    if (rest.length + pendingBytes < wanted) continue
    rest = Buffer.concat([rest, ...pending])
    pending = []
    pendingBytes = 0
    for (;;) {
      wanted = headerBytes
      if (rest.length < wanted) break
      wanted = headerBytes + rest.readUInt32BE(4)
      if (rest.length < wanted) break
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', payload: rest.subarray(headerBytes, wanted) }
      rest = rest.subarray(wanted)
    }
  }
  if (rest.length + pendingBytes > 0) throw new Error('Docker ended its answer in the middle of a message.')
}
