export type LogLineParts = {
  readonly url: string
  readonly status?: number
  readonly method?: string
  readonly time?: string
  readonly type?: string
  readonly userAgent?: string
}

/** A line of an access log as an Application Load Balancer writes it. */
export function logLine(parts: LogLineParts): string {
  const { url, status = 200, method = 'GET', time = '2026-11-20T10:00:00.000000Z', type = 'http' } = parts
  const { userAgent = 'Mozilla/5.0' } = parts
  const address = url.includes('://') ? url : `http://www.example.com:80${url}`
  return (
    `${type} ${time} app/web/50dc6c495c0c9188 192.0.2.9:2817 10.0.0.1:80 0.000 0.001 0.002 ${status} ${status} 34 366 ` +
    `"${method} ${address} HTTP/1.1" "${userAgent}" - - arn:aws:elasticloadbalancing:us-east-2:111122223333:targetgroup/t/1 ` +
    `"Root=1-5" "-" "-" 0 ${time} "forward" "-" "-" "10.0.0.1:80" "${status}" "-" "-" TID_1 "-" "-" "-" 203.0.113.9`
  )
}
