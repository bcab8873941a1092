import type { CreateTargetGroupInput, TargetGroup as SdkTargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { HealthCheckSettings } from '../../domain/routing-table.ts'
import type { Answer, Checked } from '../handlers.ts'
import { checkRange, invalid, portRange, unsupported } from './errors.ts'

export type AskedHealthCheck = Pick<
  Checked<CreateTargetGroupInput>,
  | 'HealthCheckProtocol'
  | 'HealthCheckPort'
  | 'HealthCheckEnabled'
  | 'HealthCheckPath'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'UnhealthyThresholdCount'
  | 'Matcher'
>

export const defaultHealthCheck: HealthCheckSettings = {
  enabled: true,
  path: '/',
  port: 'traffic-port',
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThresholdCount: 5,
  unhealthyThresholdCount: 2,
  matcher: '200',
}

/** What was asked for over what there is: the defaults of a new target group, the settings of one that is modified. */
export function readHealthCheck(asked: AskedHealthCheck, present: HealthCheckSettings): HealthCheckSettings {
  refuseUnsupported(asked)
  const settings: HealthCheckSettings = {
    enabled: true,
    ...readProtocol(asked, present),
    path: asked.HealthCheckPath ?? present.path,
    port: asked.HealthCheckPort ?? present.port,
    intervalSeconds: asked.HealthCheckIntervalSeconds ?? present.intervalSeconds,
    timeoutSeconds: asked.HealthCheckTimeoutSeconds ?? present.timeoutSeconds,
    healthyThresholdCount: asked.HealthyThresholdCount ?? present.healthyThresholdCount,
    unhealthyThresholdCount: asked.UnhealthyThresholdCount ?? present.unhealthyThresholdCount,
    matcher: asked.Matcher?.HttpCode ?? present.matcher,
  }
  checkRange('Health check interval', settings.intervalSeconds, { minimum: 5, maximum: 300 })
  checkRange('Health check timeout', settings.timeoutSeconds, { minimum: 2, maximum: 120 })
  checkRange('Healthy threshold count', settings.healthyThresholdCount, { minimum: 2, maximum: 10 })
  checkRange('Unhealthy threshold count', settings.unhealthyThresholdCount, { minimum: 2, maximum: 10 })
  checkTogether(settings)
  return settings
}

export function describeHealthCheck(settings: HealthCheckSettings): Partial<Answer<SdkTargetGroup>> {
  return {
    HealthCheckProtocol: settings.protocol ?? 'HTTP',
    HealthCheckPort: settings.port,
    HealthCheckEnabled: settings.enabled,
    HealthCheckIntervalSeconds: settings.intervalSeconds,
    HealthCheckTimeoutSeconds: settings.timeoutSeconds,
    HealthyThresholdCount: settings.healthyThresholdCount,
    UnhealthyThresholdCount: settings.unhealthyThresholdCount,
    HealthCheckPath: settings.path,
    Matcher: { HttpCode: settings.matcher },
  }
}

/** HTTP is kept by leaving it out, as in what older versions have stored. */
function readProtocol(
  { HealthCheckProtocol }: AskedHealthCheck,
  present: HealthCheckSettings,
): Pick<HealthCheckSettings, 'protocol'> {
  const asked = HealthCheckProtocol ?? present.protocol ?? 'HTTP'
  if (asked === 'HTTP') return {}
  if (asked === 'HTTPS') return { protocol: asked }
  throw invalid(
    `Health check protocol '${asked}' must be one of 'HTTP' and 'HTTPS' for target groups with protocol HTTP or HTTPS`,
  )
}

function refuseUnsupported({ HealthCheckEnabled, Matcher }: AskedHealthCheck): void {
  if (HealthCheckEnabled === false) {
    throw invalid("Health check enabled must be true for target groups with target type 'ip'")
  }
  if (Matcher?.GrpcCode !== undefined) {
    throw unsupported(
      'InvalidConfigurationRequestException',
      'Matcher.GrpcCode',
      Matcher.GrpcCode,
      'use Matcher.HttpCode',
    )
  }
}

function checkTogether({ path, port, intervalSeconds, timeoutSeconds, matcher }: HealthCheckSettings): void {
  if (!/^\/[\u0021-\u007E]{0,1023}$/.test(path)) {
    throw invalid(`Health check path '${path}' must begin with '/' and have at most 1024 characters without blanks`)
  }
  if (port !== 'traffic-port') {
    if (!/^\d{1,5}$/.test(port)) {
      throw invalid(`Health check port '${port}' must be 'traffic-port', or a whole number between 1 and 65535`)
    }
    checkRange('Health check port', Number(port), portRange)
  }
  if (timeoutSeconds >= intervalSeconds) {
    throw invalid(
      `Health check timeout '${timeoutSeconds}' must be smaller than the interval '${intervalSeconds}': ` +
        'set HealthCheckIntervalSeconds and HealthCheckTimeoutSeconds together',
    )
  }
  if (!matcher.split(',').every(isCodeOrRange)) {
    throw invalid(
      `Health check matcher HTTP code '${matcher}' must be codes or ranges within 200-499, e.g. 200-299,301`,
    )
  }
}

function isCodeOrRange(text: string): boolean {
  const match = /^([2-4]\d\d)(?:-([2-4]\d\d))?$/.exec(text.trim())
  return match !== null && Number(match[1]) <= Number(match[2] ?? match[1])
}
