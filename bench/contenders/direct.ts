import type { Contender } from './contender.ts'

/** No program between at all: what the machine, the targets and the load generator can do. */
export const direct: Contender = {
  name: 'direct',
  setUp: 'the load generator asks a target itself',
  version: () => 'none',
  async start(_, site) {
    const [small, large] = [site.small.blue[0], site.large.blue[0]]
    if (small === undefined || large === undefined) throw new Error('There are no targets')
    return { ports: { small, large }, http2: false, stop: async () => undefined }
  },
}
