import { describe } from 'node:test'
import { dockerWorld, shellImage, withoutDocker } from './docker-world.ts'
import { testTaskRuntime } from './task-runtime-conformance.ts'

const skip = await withoutDocker()

describe('in Docker', { skip }, () => {
  testTaskRuntime('in Docker', async (t) => {
    const image = await shellImage()
    const { runtime } = dockerWorld(t)
    return {
      runtime: () => runtime(),
      image,
      noImage: 'teal-test-nowhere.invalid/none:1',
      leave: (left) => (left as ReturnType<typeof runtime>).close(),
    }
  })
})
