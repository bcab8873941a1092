// Makes one file of the acceptance hook: a Lambda function that needs nothing but the AWS SDK of Lambda's own runtime.
import { build } from 'esbuild'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = fileURLToPath(new URL('../examples/webserver/hooks/acceptance.mjs', import.meta.url))
const banner = `// Judges a new version by the URLs that people request: a Lambda function for a hook of CodeDeploy or ECS, in one file.
// Made by \`npm run bundle-hook\` from src/acceptance/lambda.ts of Teal; docs/acceptance.md tells its variables:
//   BUCKET, FILEPATH       the list, CSV in S3: path, then optionally status, weight, shape, last_seen
//   ENDPOINT               where green is reached: host:8080, http://… or https://…
//   ACCEPTANCE_THRESHOLD   the percentage of URLs that must pass, 95 by default
//   ACCEPTANCE_IN_FLIGHT, ACCEPTANCE_REQUESTS_PER_SECOND, ACCEPTANCE_REQUEST_TIMEOUT_SECONDS, ACCEPTANCE_TOTAL_SECONDS,
//   ACCEPTANCE_RETRIES, ACCEPTANCE_FOLLOW_REDIRECTS, ACCEPTANCE_HOST, ACCEPTANCE_HEADERS, ACCEPTANCE_INSECURE,
//   ACCEPTANCE_MOST_URLS, ACCEPTANCE_SEED, ACCEPTANCE_COMPARE_WITH, ACCEPTANCE_COMPARE_HEADERS,
//   ACCEPTANCE_COMPARE_BODY, ACCEPTANCE_COMPARE_IGNORE
// It may read the object, and call codedeploy:PutLifecycleEventHookExecutionStatus.`

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/acceptance/lambda.ts'],
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  external: ['@aws-sdk/*'],
  banner: { js: banner },
  write: false,
})
const text = outputFiles[0]?.text ?? ''
const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === text
if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (!isCurrent) {
  console.error(`${file} is not what the sources make: npm run bundle-hook`)
  process.exitCode = 1
}
