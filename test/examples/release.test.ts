import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { dataDirectory, Serving } from '../cli/command-line.ts'

test('an example that is deployed before it is set up says what to run first', async (t) => {
  const serving = new Serving(dataDirectory(t))
  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL: await serving.url(),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'teal',
    AWS_SECRET_ACCESS_KEY: 'teal',
  }
  for (const name of ['blog', 'webserver']) {
    await assert.rejects(
      promisify(execFile)(process.execPath, [`examples/${name}/deploy.ts`], { env: environment }),
      new RegExp(`Error: There is no bucket ${name}-revisions: run setup\\.ts first, or say in BUCKET`),
    )
  }
})
