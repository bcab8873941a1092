/** The values of a stream of JSON texts, one a line. What is after the last line feed is a line too. */
export async function* jsonLines<Value>(chunks: AsyncIterable<Buffer>): AsyncGenerator<Value> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Value
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Value
}
