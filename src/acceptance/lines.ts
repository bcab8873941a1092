import { createGunzip } from 'node:zlib'
import { pipeline, type Readable } from 'node:stream'

const longestLine = 256 * 1024

/**
 * The lines of a stream, gzipped or not, many at a time: a character for each byte. A line that is too long to be one is
 * left out. Rejects where the stream breaks off.
 */
export async function* linesOf(
  stream: Readable,
  { isGzipped }: { readonly isGzipped: boolean },
): AsyncIterable<readonly string[]> {
  const bytes = isGzipped ? unzipped(stream) : stream
  let rest = ''
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestLine) rest = rest.slice(0, longestLine)
    yield lines
  }
  if (rest !== '') yield [rest]
}

/** An error of either stream is one of what comes out. */
function unzipped(stream: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 })
  pipeline(stream, gunzip, () => undefined)
  return gunzip
}
