/**
 * How much a result is worth: the share of failing URLs (0 to 1) that it excludes. With so many failures of so many
 * requests the true share is below it with this confidence, whatever it is: the exact upper bound of Clopper and Pearson,
 * one-sided. Where nothing failed it is close to 3 / requests, the rule of three. 1 where nothing was requested.
 */
export function failureUpperBound(
  { requests, failures }: { readonly requests: number; readonly failures: number },
  confidence = 0.95,
): number {
  if (requests <= 0 || failures >= requests) return 1
  const doubt = 1 - confidence
  if (failures === 0) return -Math.expm1(Math.log(doubt) / requests)
  const logWays = logBinomial(requests, failures)
  // The share at which no more failures than these would have been so unlikely.
  let [low, high] = [failures / requests, 1]
  for (let step = 0; step < 100 && high - low > 1e-12; step++) {
    const middle = (low + high) / 2
    if (atMost({ requests, failures, share: middle, logWays }) > doubt) low = middle
    else high = middle
  }
  return high
}

/** The probability of no more failures than these. Terms are summed downwards from the largest, relative to it. */
function atMost(of: {
  readonly requests: number
  readonly failures: number
  readonly share: number
  readonly logWays: number
}): number {
  const { requests, failures, share, logWays } = of
  if (share >= 1) return 0
  const logLargest = logWays + failures * Math.log(share) + (requests - failures) * Math.log1p(-share)
  let [sum, term] = [0, 1]
  for (let count = failures; count >= 0 && term > sum * 1e-17; count--) {
    sum += term
    term *= (count / (requests - count + 1)) * ((1 - share) / share)
  }
  return Math.exp(logLargest) * sum
}

/** The logarithm of how many ways there are to choose so many of so many. */
function logBinomial(all: number, chosen: number): number {
  const fewer = Math.min(chosen, all - chosen)
  let sum = 0
  for (let each = 1; each <= fewer; each++) sum += Math.log((all - fewer + each) / each)
  return sum
}
