/**
 * A line of an Application Load Balancer's access log (reference 7.1). What the line says with `-` is undefined; text is
 * as it was sent, without the line's escapes, a byte a character.
 */
export type AccessLogLine = {
  /** `http`, `https`, `h2`, `grpcs`, `ws`, `wss`, and whatever AWS adds. */
  readonly type: string
  /** Epoch milliseconds with fractions: when the answer was over. */
  readonly time: number
  /** `app/NAME/ID`. */
  readonly elb: string
  /** `address:port`, as the next one. */
  readonly client: string | undefined
  readonly target: string | undefined
  /** Seconds; -1 for what did not happen. */
  readonly requestProcessingSeconds: number
  readonly targetProcessingSeconds: number
  readonly responseProcessingSeconds: number
  readonly elbStatusCode: number | undefined
  readonly targetStatusCode: number | undefined
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly method: string | undefined
  /** `https://www.example.com:443/path?query`. */
  readonly url: string | undefined
  /** `HTTP/1.1`. */
  readonly protocol: string | undefined
  readonly userAgent: string | undefined
  readonly sslCipher: string | undefined
  readonly sslProtocol: string | undefined
  readonly targetGroupArn: string | undefined
  readonly traceId: string | undefined
  readonly domainName: string | undefined
  readonly chosenCertificateArn: string | undefined
  /** 0 for the default rule. */
  readonly matchedRulePriority: number | undefined
  readonly requestCreationTime: number | undefined
  readonly actionsExecuted: readonly string[]
  readonly redirectUrl: string | undefined
  readonly errorReason: string | undefined
  readonly targets: readonly string[]
  readonly targetStatusCodes: readonly string[]
  readonly classification: string | undefined
  readonly classificationReason: string | undefined
  /** The fields from here on are missing in older lines. */
  readonly connectionTraceId: string | undefined
  readonly transformedHost: string | undefined
  readonly transformedUri: string | undefined
  readonly requestTransformStatus: string | undefined
  readonly nodeAddress: string | undefined
}

/** What a line says of the request, and how it was answered. */
export type LoggedExchange = Pick<
  AccessLogLine,
  'type' | 'time' | 'elbStatusCode' | 'method' | 'url' | 'protocol' | 'userAgent'
>

/** The number of fields that every line has had since target lists and classifications were added. */
const fewestFields = 25

/** Reads a line, also one with more fields than are known today. Undefined for what is no line of an access log. */
export function parseAccessLogLine(text: string): AccessLogLine | undefined {
  const fields = fieldsOf(text)
  const at = (index: number): string | undefined => known(fields[index])
  const [type, elb, time] = [fields[0], fields[2], timeOf(fields[1])]
  if (fields.length < fewestFields || type === undefined || elb === undefined || time === undefined) return undefined
  return {
    type,
    time,
    elb,
    client: at(3),
    target: at(4),
    requestProcessingSeconds: Number(fields[5]),
    targetProcessingSeconds: Number(fields[6]),
    responseProcessingSeconds: Number(fields[7]),
    elbStatusCode: numberOf(at(8)),
    targetStatusCode: numberOf(at(9)),
    receivedBytes: numberOf(at(10)) ?? 0,
    sentBytes: numberOf(at(11)) ?? 0,
    ...requestOf(fields[12] ?? ''),
    userAgent: at(13),
    sslCipher: at(14),
    sslProtocol: at(15),
    targetGroupArn: at(16),
    traceId: at(17),
    domainName: at(18),
    chosenCertificateArn: at(19),
    matchedRulePriority: numberOf(at(20)),
    requestCreationTime: timeOf(fields[21]),
    actionsExecuted: listOf(at(22), ','),
    redirectUrl: at(23),
    errorReason: at(24),
    targets: listOf(at(25), ' '),
    targetStatusCodes: listOf(at(26), ' '),
    classification: at(27),
    classificationReason: at(28),
    connectionTraceId: at(29),
    transformedHost: at(30),
    transformedUri: at(31),
    requestTransformStatus: at(32),
    nodeAddress: at(33),
  }
}

/** A bit for each: 0, 1, 2, 8, 12 and 13. */
const fieldsOfExchange = 0b11_0001_0000_0111

/** The same, of a line of which there are millions: the other fields are passed over. */
export function parseLoggedExchange(text: string): LoggedExchange | undefined {
  const fields = fieldsOf(text, fieldsOfExchange)
  const [type, elb, time] = [fields[0], fields[2], timeOf(fields[1])]
  if (fields.length < fewestFields || type === undefined || elb === undefined || time === undefined) return undefined
  const { method, url, protocol } = requestOf(fields[12] ?? '')
  return { type, time, elbStatusCode: numberOf(known(fields[8])), method, url, protocol, userAgent: known(fields[13]) }
}

/**
 * Fields stand between spaces; quoted ones end with a quote before a space, for AWS does not escape every quote. Where only
 * some are wanted the others are empty, and those that not every line has are left out.
 */
function fieldsOf(text: string, wanted?: number): readonly string[] {
  const line = text.trimEnd()
  const most = wanted === undefined ? Infinity : fewestFields
  const fields: string[] = []
  for (let start = 0; start < line.length && fields.length < most;) {
    const isQuoted = line.charCodeAt(start) === quote
    const end = isQuoted ? endOfQuoted(line, start + 1) : endOf(line, ' ', start)
    const isWanted = wanted === undefined || ((wanted >> fields.length) & 1) === 1
    fields.push(isWanted ? unescaped(line.slice(isQuoted ? start + 1 : start, end)) : '')
    start = end + (isQuoted ? 2 : 1)
  }
  return fields
}

const quote = 0x22

function endOfQuoted(line: string, start: number): number {
  const end = endOf(line, '" ', start)
  return end === line.length && line.endsWith('"') && start < line.length ? end - 1 : end
}

function endOf(line: string, separator: string, start: number): number {
  const end = line.indexOf(separator, start)
  return end === -1 ? line.length : end
}

function unescaped(field: string): string {
  if (!field.includes('\\')) return field
  return field.replaceAll(/\\x([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** `GET http://host:80/ HTTP/1.1`, or `- http://host:80- -`. A URL may hold spaces; method and version do not. */
function requestOf(request: string): Pick<AccessLogLine, 'method' | 'url' | 'protocol'> {
  const [first, last] = [request.indexOf(' '), request.lastIndexOf(' ')]
  if (first === -1 || last === first) return { method: undefined, url: known(request), protocol: undefined }
  return {
    method: known(request.slice(0, first)),
    url: known(request.slice(first + 1, last)),
    protocol: known(request.slice(last + 1)),
  }
}

function known(field: string | undefined): string | undefined {
  return field === undefined || field === '-' || field === '' ? undefined : field
}

function numberOf(field: string | undefined): number | undefined {
  const number = Number(field)
  return field === undefined || Number.isNaN(number) ? undefined : number
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3,})?Z$/

/** To the microsecond, as far as a number goes. */
function timeOf(field = ''): number | undefined {
  if (!instant.test(field)) return undefined
  return Date.parse(field) + Number(`0.${field.slice(23, -1).slice(0, 3)}`)
}

function listOf(field: string | undefined, separator: string): readonly string[] {
  return field?.split(separator) ?? []
}
