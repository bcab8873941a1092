import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startCloudWatchEndpoint } from './cloudwatch-endpoint.ts'

const run = promisify(execFile)
const skip = hasAwsCli() ? false : 'the aws CLI is not installed'

test('an alarm is put, waited for and raised by the aws CLI', { skip }, async () => {
  const endpoint = await startCloudWatchEndpoint({ minuteMilliseconds: 500 })
  try {
    const aws = (...words: readonly string[]) => cloudwatch(endpoint.url, words)
    const metric = '--namespace App --metric-name Errors'
    await aws(
      `put-metric-alarm --alarm-name errors ${metric} --statistic Sum --period 60 --evaluation-periods 1`,
      '--datapoints-to-alarm 1 --threshold 1 --comparison-operator GreaterThanThreshold',
      '--treat-missing-data notBreaching --dimensions Name=Service,Value=web',
    )
    await aws('wait alarm-exists --alarm-names errors')
    await aws(`put-metric-data ${metric} --value 5 --unit Count --dimensions Service=web`)
    const deadline = Date.now() + 20_000
    for (;;) {
      const { MetricAlarms } = (await aws('describe-alarms --state-value ALARM')) as {
        MetricAlarms: { StateReason: string }[]
      }
      if (MetricAlarms[0] !== undefined) break
      // The alarm may be over again by now: its history says that it was raised.
      const history = JSON.stringify(await aws('describe-alarm-history --alarm-name errors'))
      if (history.includes('to ALARM')) break
      assert.ok(Date.now() < deadline, history)
      await delay(50)
    }
    const range = `--start-time ${new Date(Date.now() - 600_000).toISOString()} --end-time ${new Date(Date.now() + 60_000).toISOString()}`
    const statistics = await aws(
      `get-metric-statistics ${metric} --dimensions Name=Service,Value=web ${range} --period 60 --statistics Sum`,
    )
    assert.equal((statistics['Datapoints'] as { Sum: number }[])[0]?.Sum, 5)
    await assert.rejects(
      aws(`put-metric-data --namespace AWS/ECS --metric-name a --value 1`),
      /\(InvalidParameterValue\)/,
    )
    await assert.rejects(
      aws(`put-metric-alarm --alarm-name a --evaluation-periods 1 --comparison-operator GreaterThanThreshold`),
      /\(ValidationError\)/,
    )
    await assert.rejects(aws('delete-alarms --alarm-names nope'), /\(ResourceNotFound\)/)
    await aws('delete-alarms --alarm-names errors')
  } finally {
    await endpoint.close()
  }
})

/** Runs `aws cloudwatch` with words; answers the JSON it printed, or `{}`. */
async function cloudwatch(url: string, words: readonly string[]): Promise<Record<string, unknown>> {
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: 'eu-west-1' }
  const settings = { AWS_ENDPOINT_URL: url, AWS_MAX_ATTEMPTS: '1', AWS_PAGER: '', AWS_CONFIG_FILE: '/dev/null' }
  const env = { ...process.env, ...credentials, ...settings, AWS_SHARED_CREDENTIALS_FILE: '/dev/null' }
  const args = ['cloudwatch', '--output', 'json', ...words.join(' ').split(' ')]
  const { stdout } = await run('aws', args, { env })
  return JSON.parse(stdout === '' ? '{}' : stdout) as Record<string, unknown>
}

function hasAwsCli(): boolean {
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
