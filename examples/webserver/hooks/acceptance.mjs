// Judges a new version by the URLs that people request: a Lambda function for a hook of CodeDeploy or ECS, in one file.
// Made by `npm run bundle-hook` from src/acceptance/lambda.ts of Teal; docs/acceptance.md tells its variables:
//   BUCKET, FILEPATH       the list, CSV in S3: path, then optionally status, weight, shape, last_seen
//   ENDPOINT               where green is reached: host:8080, http://… or https://…
//   ACCEPTANCE_THRESHOLD   the percentage of URLs that must pass, 95 by default
//   ACCEPTANCE_IN_FLIGHT, ACCEPTANCE_REQUESTS_PER_SECOND, ACCEPTANCE_REQUEST_TIMEOUT_SECONDS, ACCEPTANCE_TOTAL_SECONDS,
//   ACCEPTANCE_RETRIES, ACCEPTANCE_FOLLOW_REDIRECTS, ACCEPTANCE_HOST, ACCEPTANCE_HEADERS, ACCEPTANCE_INSECURE,
//   ACCEPTANCE_MOST_URLS, ACCEPTANCE_SEED, ACCEPTANCE_COMPARE_WITH, ACCEPTANCE_COMPARE_HEADERS,
//   ACCEPTANCE_COMPARE_BODY, ACCEPTANCE_COMPARE_IGNORE
// It may read the object, and call codedeploy:PutLifecycleEventHookExecutionStatus.

// src/acceptance/failure-groups.ts
function failureGroups(results) {
  const failed = results.filter(({ outcome }) => outcome === "failed");
  return [...Map.groupBy(failed, ({ cause = "" }) => cause)].map(([cause, members]) => ({ cause, results: byWeight(members) })).toSorted((one, other) => other.results.length - one.results.length || (one.cause < other.cause ? -1 : 1));
}
function byWeight(results) {
  return results.toSorted((one, other) => {
    return (other.url.weight ?? 0) - (one.url.weight ?? 0) || (one.url.path < other.url.path ? -1 : 1);
  });
}

// src/acceptance/hook-services.ts
var requestHandler = { connectionTimeout: 2e3, requestTimeout: 3e3, throwOnRequestTimeout: true };
var awsHookServices = {
  async readObject({ bucket, key, signal }) {
    const { GetObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
    const s3 = new S3Client({
      maxAttempts: 5,
      forcePathStyle: (process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"]) !== void 0
    });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    return await Body?.transformToString("utf8") ?? "";
  },
  async reportVerdict({ DeploymentId: deploymentId, LifecycleEventHookExecutionId }, status) {
    const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = await import("@aws-sdk/client-codedeploy");
    const codeDeploy = new CodeDeployClient({ maxAttempts: 5, requestHandler });
    const input = { deploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId, status };
    try {
      await codeDeploy.send(new PutLifecycleEventHookExecutionStatusCommand(input));
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (name !== "LifecycleEventAlreadyCompletedException") throw error;
    }
  }
};

// src/acceptance/comparison.ts
import { createHash } from "node:crypto";
var comparedHeaders = ["content-type", "location"];
function differencesOf(green, blue, of) {
  const { options, greenOrigin } = of;
  const { headers = comparedHeaders, body = "ignored" } = options;
  const blueOrigin = new URL(options.url).origin;
  if (green.status !== blue.status) return [`answered ${green.status} where blue answers ${blue.status}`];
  const different = headers.filter((name) => {
    return headerOf(green, name, greenOrigin) !== headerOf(blue, name, blueOrigin);
  });
  const texts = different.map((name) => `header ${name.toLowerCase()} differs from blue's`);
  return isBodyDifferent(green, blue, body) ? [...texts, bodyText(body)] : texts;
}
function isComparable(path, { ignoredPaths = [] }) {
  return !ignoredPaths.some((pattern) => matches(path, pattern));
}
function matches(path, pattern) {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}${pattern.includes("?") ? "" : String.raw`(\?.*)?`}$`).test(path);
}
function headerOf({ headers }, name, origin) {
  const value = headers[name.toLowerCase()];
  const text = Array.isArray(value) ? value.join(", ") : value ?? "";
  return text.startsWith(`${origin}/`) ? text.slice(origin.length) : text;
}
function isBodyDifferent(green, blue, body) {
  if (body === "ignored" || green.body === void 0 || blue.body === void 0) return false;
  if (body === "json") {
    const [greenShape, blueShape] = [jsonShape(green.body), jsonShape(blue.body)];
    if (greenShape !== void 0 || blueShape !== void 0) return greenShape !== blueShape;
  }
  return green.bytes !== blue.bytes || hashOf(green.body) !== hashOf(blue.body);
}
function bodyText(body) {
  return body === "json" ? "body has another shape than blue's" : "body differs from blue's";
}
function hashOf(body) {
  return createHash("sha256").update(body).digest("hex");
}
function jsonShape(body) {
  try {
    return shapeOf(JSON.parse(body.toString("utf8")));
  } catch {
    return void 0;
  }
}
function shapeOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].toSorted().join("|")}]`;
  if (typeof value !== "object") return typeof value;
  const members = Object.entries(value).toSorted(([one], [other]) => one < other ? -1 : 1);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${shapeOf(member)}`).join(",")}}`;
}

// src/acceptance/options.ts
var { validateHeaderName, validateHeaderValue } = process.getBuiltinModule("node:http");
var AcceptanceOptionError = class extends Error {
  name = "AcceptanceOptionError";
};
function checkedOptions(options) {
  const { host, headers = {}, insecure = false, thresholdPercent } = options;
  between("thresholdPercent", thresholdPercent, { least: 0, most: 100 });
  return {
    ...options,
    url: baseUrl(options.url),
    ...options.comparison && { comparison: { ...options.comparison, url: baseUrl(options.comparison.url).origin } },
    inFlight: whole("inFlight", options.inFlight ?? 50, { least: 1, most: 1e4 }),
    requestTimeoutMilliseconds: whole("requestTimeoutMilliseconds", options.requestTimeoutMilliseconds ?? 1e4, {
      least: 1,
      most: 2 ** 31 - 1
    }),
    retries: whole("retries", options.retries ?? 0, { least: 0, most: 100 }),
    followRedirects: whole("followRedirects", options.followRedirects ?? 0, { least: 0, most: 20 }),
    seed: options.seed ?? 1,
    insecure,
    headers: checkedHeaders({ ...headers, ...host !== void 0 && { host } }),
    ...options.requestsPerSecond !== void 0 && {
      requestsPerSecond: between("requestsPerSecond", options.requestsPerSecond, { least: 1e-3, most: 1e6 })
    },
    ...options.totalMilliseconds !== void 0 && {
      totalMilliseconds: between("totalMilliseconds", options.totalMilliseconds, { least: 1, most: 2 ** 31 - 1 })
    }
  };
}
function baseUrl(text) {
  const url = text.includes("://") ? text : `http://${text}`;
  const parsed2 = URL.canParse(url) ? new URL(url) : void 0;
  if (parsed2 === void 0 || parsed2.protocol !== "http:" && parsed2.protocol !== "https:" || parsed2.hostname === "") {
    throw new AcceptanceOptionError(`'${text}' is no endpoint: http://HOST:PORT or https://HOST:PORT.`);
  }
  if (parsed2.pathname !== "/" || parsed2.search !== "" || parsed2.hash !== "" || parsed2.username !== "") {
    throw new AcceptanceOptionError(
      `'${text}' is more than an endpoint: the paths come from the list; http://HOST:PORT.`
    );
  }
  return parsed2;
}
function checkedHeaders(headers) {
  const given = Object.entries(headers).map(([name, value]) => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AcceptanceOptionError(`the header '${name}' cannot be sent: ${reason}.`);
    }
    return [name.toLowerCase(), value];
  });
  return { "user-agent": "teal-acceptance", accept: "*/*", ...Object.fromEntries(given) };
}
function between(name, value, { least, most }) {
  if (value >= least && value <= most) return value;
  throw new AcceptanceOptionError(`${name} is ${value}; it is a number from ${least} to ${most}.`);
}
function whole(name, value, range) {
  if (Number.isInteger(between(name, value, range))) return value;
  throw new AcceptanceOptionError(`${name} is ${value}; it is a whole number.`);
}

// src/acceptance/hook-settings.ts
function hookSettings(variables) {
  const read = new VariableReader(variables);
  const host = read.text("ACCEPTANCE_HOST");
  const requestsPerSecond = read.number("ACCEPTANCE_REQUESTS_PER_SECOND");
  const totalSeconds = read.number("ACCEPTANCE_TOTAL_SECONDS");
  const comparison = comparisonOf(read);
  return {
    bucket: read.needed("BUCKET"),
    key: read.needed("FILEPATH"),
    mostUrls: read.number("ACCEPTANCE_MOST_URLS") ?? Infinity,
    acceptance: {
      url: read.needed("ENDPOINT"),
      thresholdPercent: read.number("ACCEPTANCE_THRESHOLD") ?? 95,
      inFlight: read.number("ACCEPTANCE_IN_FLIGHT") ?? 50,
      requestTimeoutMilliseconds: 1e3 * (read.number("ACCEPTANCE_REQUEST_TIMEOUT_SECONDS") ?? 10),
      retries: read.number("ACCEPTANCE_RETRIES") ?? 0,
      followRedirects: read.number("ACCEPTANCE_FOLLOW_REDIRECTS") ?? 0,
      seed: read.number("ACCEPTANCE_SEED") ?? 1,
      insecure: read.flag("ACCEPTANCE_INSECURE"),
      headers: read.headers("ACCEPTANCE_HEADERS"),
      ...host !== void 0 && { host },
      ...requestsPerSecond !== void 0 && { requestsPerSecond },
      ...totalSeconds !== void 0 && { totalMilliseconds: 1e3 * totalSeconds },
      ...comparison !== void 0 && { comparison }
    }
  };
}
function comparisonOf(read) {
  const url = read.text("ACCEPTANCE_COMPARE_WITH");
  if (url === void 0) {
    const given = ["ACCEPTANCE_COMPARE_HEADERS", "ACCEPTANCE_COMPARE_BODY", "ACCEPTANCE_COMPARE_IGNORE"].find(
      (name) => read.text(name)
    );
    if (given === void 0) return void 0;
    throw new AcceptanceOptionError(
      `the variable ${given} says how to compare, and ACCEPTANCE_COMPARE_WITH does not say with what.`
    );
  }
  return {
    url,
    headers: read.list("ACCEPTANCE_COMPARE_HEADERS") ?? comparedHeaders,
    body: bodyOf(read.text("ACCEPTANCE_COMPARE_BODY")),
    ignoredPaths: read.list("ACCEPTANCE_COMPARE_IGNORE") ?? []
  };
}
function bodyOf(text = "ignored") {
  if (text === "ignored" || text === "hash" || text === "json") return text;
  throw new AcceptanceOptionError(`ACCEPTANCE_COMPARE_BODY is '${text}'; it is ignored, hash or json.`);
}
var VariableReader = class {
  #variables;
  constructor(variables) {
    this.#variables = variables;
  }
  /** An empty one counts as none. */
  text(name) {
    return this.#variables[name]?.trim() || void 0;
  }
  needed(name) {
    const text = this.text(name);
    if (text === void 0) throw new AcceptanceOptionError(`the variable ${name} is not set.`);
    return text;
  }
  number(name) {
    const text = this.text(name);
    if (text === void 0 || /^\d+(\.\d+)?$/.test(text)) return text === void 0 ? void 0 : Number(text);
    throw new AcceptanceOptionError(`the variable ${name} is '${text}'; it is a number.`);
  }
  flag(name) {
    const text = this.text(name) ?? "false";
    if (text === "true" || text === "false") return text === "true";
    throw new AcceptanceOptionError(`the variable ${name} is '${text}'; it is true or false.`);
  }
  /** Between commas. */
  list(name) {
    return this.text(name)?.split(",").map((item) => item.trim()).filter((item) => item !== "");
  }
  /** A JSON object of texts. */
  headers(name) {
    const text = this.text(name);
    if (text === void 0) return {};
    try {
      const value = JSON.parse(text);
      if (isTexts(value)) return value;
    } catch {
    }
    throw new AcceptanceOptionError(`the variable ${name} is no JSON object of texts, as {"x-preview": "yes"}.`);
  }
};
function isTexts(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((member) => typeof member === "string");
}

// src/acceptance/confidence.ts
function failureUpperBound({ requests, failures }, confidence = 0.95) {
  if (requests <= 0 || failures >= requests) return 1;
  const doubt = 1 - confidence;
  if (failures === 0) return -Math.expm1(Math.log(doubt) / requests);
  const logWays = logBinomial(requests, failures);
  let [low, high] = [failures / requests, 1];
  for (let step = 0; step < 100 && high - low > 1e-12; step++) {
    const middle = (low + high) / 2;
    if (atMost({ requests, failures, share: middle, logWays }) > doubt) low = middle;
    else high = middle;
  }
  return high;
}
function atMost(of) {
  const { requests, failures, share, logWays } = of;
  if (share >= 1) return 0;
  const logLargest = logWays + failures * Math.log(share) + (requests - failures) * Math.log1p(-share);
  let [sum, term] = [0, 1];
  for (let count = failures; count >= 0 && term > sum * 1e-17; count--) {
    sum += term;
    term *= count / (requests - count + 1) * ((1 - share) / share);
  }
  return Math.exp(logLargest) * sum;
}
function logBinomial(all, chosen) {
  const fewer = Math.min(chosen, all - chosen);
  let sum = 0;
  for (let each = 1; each <= fewer; each++) sum += Math.log((all - fewer + each) / each);
  return sum;
}

// src/acceptance/judgement.ts
function judgementOf(results, thresholdPercent) {
  const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
  const [total, passed, failed, unfinished] = [results.length, count("passed"), count("failed"), count("unfinished")];
  const requested = passed + failed;
  const passedPercent = requested === 0 ? 0 : 100 * passed / requested;
  const failureBoundPercent = 100 * failureUpperBound({ requests: requested, failures: failed });
  const isEnough = (of) => 100 * passed >= Number((thresholdPercent * of).toPrecision(12));
  const isExcluded = requested > 0 && failureBoundPercent <= 100 - thresholdPercent;
  const isPassed = unfinished === 0 ? isEnough(total) : isEnough(total) || isExcluded;
  const counts = { isPassed, total, passed, failed, unfinished, passedPercent, thresholdPercent, failureBoundPercent };
  const passedTrafficPercent = trafficPercent(results);
  return {
    ...counts,
    ...passedTrafficPercent !== void 0 && { passedTrafficPercent },
    sentence: sentenceOf(counts),
    worth: worthOf(counts)
  };
}
function trafficPercent(results) {
  let [all, good] = [0, 0];
  for (const { url, outcome } of results) {
    if (outcome === "unfinished" || url.weight === void 0) continue;
    all += url.weight;
    if (outcome === "passed") good += url.weight;
  }
  return all === 0 ? void 0 : 100 * good / all;
}
function sentenceOf(counts) {
  const { isPassed, total, passed, failed, unfinished, passedPercent, thresholdPercent } = counts;
  const verdict = isPassed ? "PASSED" : "NOT PASSED";
  const share = `${number(passed)} of ${counted(passed + failed, "URL")} passed (${percent(passedPercent)})`;
  const threshold = `the threshold is ${percent(thresholdPercent)}`;
  if (unfinished === 0) return `${verdict}: ${share}, ${threshold}.`;
  const time = `there was no time for ${number(unfinished)} of the ${number(total)}`;
  const enough = isPassed ? "is enough to say that it is kept" : "is not enough to say that it is kept";
  return `${verdict}: ${share}; ${time}; ${threshold}, and what was requested, in random order, ${enough}.`;
}
function worthOf({ passed, failed, failureBoundPercent }) {
  const requested = passed + failed;
  if (requested === 0) return "Nothing was requested: this says nothing.";
  if (passed === 0) return "Every request failed: no error rate is excluded.";
  const of = `${counted(requested, "request")} with ${failed === 0 ? "none" : number(failed)} failed`;
  return `${of} ${requested === 1 ? "excludes" : "exclude"} at 95 % that ${percent(failureBoundPercent)} or more of all such URLs fail.`;
}
function percent(value) {
  const digits = value < 1 && value > 0 ? 3 : 2;
  const rounded = value < 100 ? Math.min(value, 99.99) : value;
  return `${Number(Math.max(rounded, value > 0 ? 1e-3 : 0).toFixed(digits))} %`;
}
function number(value) {
  return value.toLocaleString("en-US");
}
function counted(count, thing) {
  return `${number(count)} ${thing}${count === 1 ? "" : "s"}`;
}

// src/acceptance/run.ts
import { setTimeout as delay } from "node:timers/promises";

// src/acceptance/seeded-order.ts
function seededHash(text, seed) {
  let hash = seed | 0;
  for (let at = 0; at < text.length; at++) {
    let part = Math.imul(text.charCodeAt(at), 3432918353);
    part = part << 15 | part >>> 17;
    hash ^= Math.imul(part, 461845907);
    hash = Math.imul(hash << 13 | hash >>> 19, 5) + 3864292196 | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ hash >>> 16, 2246822507);
  hash = Math.imul(hash ^ hash >>> 13, 3266489909);
  return (hash ^ hash >>> 16) >>> 0;
}
function inSeededOrder(items, seed) {
  return items.map((item, at) => ({ item, key: seededHash(item.path, seed), at })).toSorted((one, other) => one.key - other.key || one.at - other.at).map(({ item }) => item);
}

// src/acceptance/answer.ts
var RequestFailure = class extends Error {
  name = "RequestFailure";
};
function requestFailureOf(error) {
  if (error instanceof RequestFailure) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  const text = wordsOf[code] ?? (code.startsWith("HPE_") ? `an answer that is no HTTP (${code})` : message);
  return new RequestFailure(text, { cause: error });
}
var wordsOf = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection closed without an answer",
  EPIPE: "connection closed without an answer",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "host name could not be looked up",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "connection timed out",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate is self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate cannot be verified",
  CERT_HAS_EXPIRED: "certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate is for another name",
  EPROTO: "no TLS is spoken there"
};

// src/acceptance/http-client.ts
import * as https from "node:https";
var http = process.getBuiltinModule("node:http");
var HttpClient = class {
  url;
  #options;
  #agent;
  #request;
  constructor(options) {
    this.url = options.url;
    this.#options = options;
    const agentOptions = { keepAlive: true, maxSockets: options.inFlight, maxFreeSockets: options.inFlight };
    const isSecure = options.url.protocol === "https:";
    this.#request = isSecure ? https.request : http.request;
    this.#agent = isSecure ? new https.Agent({ ...agentOptions, rejectUnauthorized: !options.insecure }) : new http.Agent(agentOptions);
  }
  /**
   * Rejects with a `RequestFailure`. A kept connection that the server has closed meanwhile says nothing about the URL: the
   * request is sent again on another one, as browsers do.
   */
  async get(path, options) {
    const begun = performance.now();
    for (; ; ) {
      const exchange = new Exchange(this.#options, options);
      try {
        const answer = await exchange.perform((head) => this.#request({ ...head, agent: this.#agent, path }));
        return { ...answer, milliseconds: performance.now() - begun };
      } catch (error) {
        if (!exchange.wasStale || options.signal.aborted) throw requestFailureOf(error);
      }
    }
  }
  /** Whether it is this server's, by its own name or by the one that requests are for. */
  has({ origin, host, protocol }) {
    const { url, headers } = this.#options;
    return origin === url.origin || protocol === url.protocol && host === headers["host"]?.toLowerCase();
  }
  close() {
    this.#agent.destroy();
  }
};
var Exchange = class {
  #options;
  #request;
  /** It was on a connection used before, which closed before the answer began. */
  wasStale = false;
  constructor(options, request2) {
    this.#options = options;
    this.#request = request2;
  }
  perform(send) {
    const { url, headers, requestTimeoutMilliseconds } = this.#options;
    const { signal } = this.#request;
    const { promise, resolve, reject } = Promise.withResolvers();
    const request2 = send({ method: "GET", hostname: hostnameOf(url), port: url.port, headers, signal });
    let [isLate, hasBegun] = [false, false];
    const timer = setTimeout(() => {
      isLate = true;
      request2.destroy();
    }, requestTimeoutMilliseconds);
    request2.on("response", (response) => {
      hasBegun = true;
      this.#read(response).then(resolve, reject);
    });
    request2.on("error", (error) => {
      const isClosed = error.code === "ECONNRESET" || error.code === "EPIPE";
      this.wasStale = request2.reusedSocket && isClosed && !hasBegun && !isLate;
      reject(error);
    });
    request2.end();
    return promise.catch((error) => {
      if (isLate) throw new RequestFailure(`no whole answer within ${requestTimeoutMilliseconds / 1e3} s`);
      throw error;
    }).finally(() => clearTimeout(timer));
  }
  async #read(response) {
    const { statusCode: status = 0, headers } = response;
    const chunks = [];
    let bytes = 0;
    for await (const chunk of response) {
      bytes += chunk.length;
      if (this.#request.keepsBody && bytes <= this.#options.mostBodyBytes) chunks.push(chunk);
    }
    if (!response.complete) throw new RequestFailure("answer cut off before its end");
    return { status, headers, bytes, body: this.#request.keepsBody ? Buffer.concat(chunks) : void 0 };
  }
};
function hostnameOf(url) {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

// src/acceptance/url-check.ts
var mostBodyBytes = 8 * 1024 * 1024;
var UrlChecker = class {
  #options;
  #green;
  #blue;
  #signal;
  constructor(options, signal) {
    const { comparison } = options;
    this.#options = options;
    this.#signal = signal;
    this.#green = new HttpClient({ ...options, mostBodyBytes });
    this.#blue = comparison && new HttpClient({ ...options, url: new URL(comparison.url), mostBodyBytes });
  }
  async check(url) {
    for (let attempts = 1; ; attempts++) {
      const result = await this.#attempt(url);
      if (this.#signal.aborted && result.outcome === "failed") return { url, outcome: "unfinished" };
      if (result.outcome === "passed" || attempts > this.#options.retries) {
        return attempts === 1 ? result : { ...result, attempts };
      }
    }
  }
  close() {
    this.#green.close();
    this.#blue?.close();
  }
  async #attempt(url) {
    const { comparison } = this.#options;
    const isCompared = comparison !== void 0 && isComparable(url.path, comparison);
    const [green, blue] = await Promise.all([this.#askGreen(url), isCompared ? this.#askBlue(url) : void 0]);
    if ("failure" in green) {
      return { url, outcome: "failed", cause: green.failure, ...blue !== void 0 && { blueStatus: blue.status } };
    }
    const { status, milliseconds } = green;
    const answered = { url, status, milliseconds: Math.round(milliseconds * 10) / 10 };
    const byList = { ...answered, ...isCompared && { isBlueSilent: true } };
    if (blue === void 0) return { ...byList, ...this.#judgedByList(url, status) };
    const compared = {
      ...answered,
      blueStatus: blue.status,
      blueMilliseconds: Math.round(blue.milliseconds * 10) / 10
    };
    const [cause] = await this.#differences(url, green, blue);
    if (cause !== void 0) return { ...compared, outcome: "failed", cause };
    const isListOutdated = !isExpected(url, status);
    return { ...compared, outcome: "passed", ...isListOutdated && { isListOutdated } };
  }
  #judgedByList(url, status) {
    if (isExpected(url, status)) return { outcome: "passed" };
    const wanted = (url.expected ?? [200]).join(" or ");
    return { outcome: "failed", cause: `answered ${status} instead of ${wanted}` };
  }
  /** What blue itself answers differently a second time is no difference. */
  async #differences(url, green, blue) {
    const { comparison: options, url: greenUrl } = this.#options;
    if (options === void 0) return [];
    const found = differencesOf(green, blue, { options, greenOrigin: greenUrl.origin });
    if (found.length === 0) return found;
    const again = await this.#askBlue(url);
    if (again === void 0) return found;
    const greenOrigin = new URL(options.url).origin;
    const unsteady = differencesOf(again, blue, { options, greenOrigin });
    const isStatusUnsteady = again.status !== blue.status;
    return isStatusUnsteady && again.status === green.status ? [] : found.filter((text) => !unsteady.includes(text));
  }
  async #askGreen(url) {
    try {
      return await this.#ask(this.#green, url);
    } catch (error) {
      return { failure: requestFailureOf(error).message };
    }
  }
  /** Undefined where blue has no answer either: then only the list can say what is expected. */
  async #askBlue(url) {
    try {
      return this.#blue && await this.#ask(this.#blue, url);
    } catch {
      return void 0;
    }
  }
  /** Of green as of blue: where redirects are followed, it is what they lead to that is compared. */
  async #ask(server, url) {
    let [answer, path] = [await server.get(url.path, this.#request()), url.path];
    for (let redirects = 0; redirects < this.#options.followRedirects; redirects++) {
      const { status, headers } = answer;
      if (isExpected(url, status) || status < 300 || status > 399 || headers.location === void 0) break;
      const next = URL.parse(headers.location, new URL(path, server.url).href);
      if (next === null || !server.has(next)) break;
      path = `${next.pathname}${next.search}`;
      const { milliseconds, ...rest } = await server.get(path, this.#request());
      answer = { ...rest, milliseconds: answer.milliseconds + milliseconds };
    }
    return answer;
  }
  #request() {
    const keepsBody = (this.#options.comparison?.body ?? "ignored") !== "ignored";
    return { keepsBody, signal: this.#signal };
  }
};
function isExpected({ expected = [200] }, status) {
  return expected.includes(status);
}

// src/acceptance/csv.ts
function parseCsv(text) {
  const records = [];
  const reader = new Reader(text.startsWith("\uFEFF") ? text.slice(1) : text);
  while (!reader.isAtEnd()) {
    const record = reader.record();
    if (record.cells.length > 1 || record.cells[0] !== "") records.push(record);
  }
  return records;
}
var Reader = class {
  #text;
  #at = 0;
  #line = 1;
  constructor(text) {
    this.#text = text;
  }
  isAtEnd() {
    return this.#at >= this.#text.length;
  }
  record() {
    const line = this.#line;
    const cells = [];
    for (; ; ) {
      cells.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain());
      if (this.#text[this.#at] !== ",") break;
      this.#at += 1;
    }
    if (this.#text[this.#at] === "\r") this.#at += 1;
    this.#at += 1;
    this.#line += 1;
    return { line, cells };
  }
  #plain() {
    const end = /[,\r\n]/g;
    end.lastIndex = this.#at;
    const found = end.exec(this.#text)?.index ?? this.#text.length;
    const cell = this.#text.slice(this.#at, found);
    this.#at = found;
    return cell;
  }
  #quoted() {
    const line = this.#line;
    let cell = "";
    for (let from = this.#at + 1; ; ) {
      const quote = this.#text.indexOf('"', from);
      if (quote === -1) throw new SyntaxError(`line ${line}: a quoted cell does not end`);
      cell += this.#text.slice(from, quote);
      this.#at = quote + 1;
      if (this.#text[this.#at] !== '"') break;
      cell += '"';
      from = this.#at + 1;
    }
    this.#line += cell.split("\n").length - 1;
    if (this.isAtEnd() || /[,\r\n]/.test(this.#text[this.#at] ?? "")) return cell;
    throw new SyntaxError(`line ${line}: a quoted cell goes on behind its end`);
  }
};

// src/acceptance/url-list.ts
var UrlListError = class extends Error {
  name = "UrlListError";
};
var columnNames = ["path", "status", "weight", "shape", "last_seen"];
function parseUrlList(text) {
  const [first, ...rest] = recordsOf(text);
  if (first === void 0) return [];
  const heading = headingOf(first);
  const records = heading === void 0 ? [first, ...rest] : rest;
  return records.map((record) => listedUrlOf(record, heading ?? columnNames));
}
function recordsOf(text) {
  try {
    return parseCsv(text);
  } catch (error) {
    throw new UrlListError(error instanceof Error ? error.message : String(error));
  }
}
function headingOf({ line, cells }) {
  if (cells[0]?.trim().toLowerCase() !== "path") return void 0;
  return cells.map((cell) => {
    const name = columnNames.find((known) => known === cell.trim().toLowerCase());
    if (name !== void 0) return name;
    throw new UrlListError(`line ${line}: there is no column '${cell}'; the columns are ${columnNames.join(", ")}`);
  });
}
function listedUrlOf({ line, cells }, columns) {
  if (cells.length > columns.length) {
    throw new UrlListError(`line ${line}: ${cells.length} cells; the columns are ${columns.join(", ")}`);
  }
  const cell = (name) => cells[columns.indexOf(name)]?.trim() ?? "";
  const [status, weight, shape, lastSeen] = [cell("status"), cell("weight"), cell("shape"), cell("last_seen")];
  return {
    path: pathOf(cell("path"), line),
    ...status !== "" && { expected: statusesOf(status, line) },
    ...weight !== "" && { weight: weightOf(weight, line) },
    ...shape !== "" && { shape },
    ...lastSeen !== "" && { lastSeen: timeOf(lastSeen, line) }
  };
}
function pathOf(text, line) {
  if (!text.startsWith("/"))
    throw new UrlListError(`line ${line}: '${shortened(text)}' is no path: it begins with no /`);
  try {
    return text.replaceAll(/[^\u0021-\u007e]+/g, encodeURIComponent);
  } catch {
    throw new UrlListError(`line ${line}: '${shortened(text)}' is no text that can be encoded`);
  }
}
function statusesOf(text, line) {
  return text.split("|").map((status) => {
    if (/^[1-5]\d\d$/.test(status)) return Number(status);
    throw new UrlListError(`line ${line}: '${shortened(text)}' is no status: 301, or several as 200|404`);
  });
}
function weightOf(text, line) {
  const weight = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(weight)) return weight;
  throw new UrlListError(`line ${line}: '${shortened(text)}' is no weight: a number of requests`);
}
function timeOf(text, line) {
  const isTime = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) && !Number.isNaN(Date.parse(text));
  if (isTime) return text;
  throw new UrlListError(`line ${line}: '${shortened(text)}' is no time: 2026-11-20T23:59:58Z`);
}
function shortened(text) {
  return text.length > 80 ? `${text.slice(0, 80)}\u2026` : text;
}

// src/acceptance/run.ts
async function runAcceptance(urls, options) {
  const checked = checkedOptions(options);
  if (urls.length === 0) throw new UrlListError("the list has no URL in it");
  const begun = performance.now();
  const results = await checkAll(urls, checked);
  const { thresholdPercent, url, comparison } = checked;
  return {
    ...judgementOf(results, thresholdPercent),
    results,
    url: url.origin,
    ...comparison !== void 0 && { comparedWith: comparison.url },
    milliseconds: Math.round(performance.now() - begun)
  };
}
async function checkAll(urls, options) {
  const ending = new AbortController();
  const timer = options.totalMilliseconds && setTimeout(() => ending.abort(), options.totalMilliseconds);
  const signals = options.signal === void 0 ? [ending.signal] : [ending.signal, options.signal];
  const signal = AbortSignal.any(signals);
  const checker = new UrlChecker(options, signal);
  const results = urls.map((url) => ({ url, outcome: "unfinished" }));
  const begun = /* @__PURE__ */ new Map();
  const queue = inSeededOrder(
    urls.map((url, at) => ({ path: url.path, url, at })),
    options.seed
  );
  const pace = new Pace(options.requestsPerSecond, signal);
  let [next, done, failed] = [0, 0, 0];
  const work = async () => {
    for (; ; ) {
      const item = queue[next++];
      if (item === void 0) return;
      await pace.turn();
      if (signal.aborted) return;
      begun.set(item.at, performance.now());
      const result = await checker.check(item.url);
      results[item.at] = result;
      done += 1;
      if (result.outcome === "failed") failed += 1;
      options.onProgress?.({ done, failed, total: urls.length });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(options.inFlight, urls.length) }, work));
  } finally {
    clearTimeout(timer);
    checker.close();
  }
  return withOverdue(results, begun);
}
var leastPatienceMilliseconds = 1e3;
function withOverdue(results, begun) {
  const now = performance.now();
  const slowest = results.reduce(
    (most, { milliseconds = 0 }) => Math.max(most, milliseconds),
    leastPatienceMilliseconds
  );
  return results.map((result, at) => {
    const waited = now - (begun.get(at) ?? now);
    if (result.outcome !== "unfinished" || waited <= slowest) return result;
    return { ...result, outcome: "failed", cause: "no answer when time ran out, after longer than any other took" };
  });
}
var Pace = class {
  #gapMilliseconds;
  #signal;
  #nextAt = 0;
  constructor(requestsPerSecond, signal) {
    this.#gapMilliseconds = requestsPerSecond === void 0 ? 0 : 1e3 / requestsPerSecond;
    this.#signal = signal;
  }
  async turn() {
    if (this.#gapMilliseconds === 0) return;
    const at = Math.max(this.#nextAt, performance.now());
    this.#nextAt = at + this.#gapMilliseconds;
    const wait = at - performance.now();
    if (wait > 1) await delay(wait, void 0, { signal: this.#signal }).catch(() => void 0);
  }
};

// src/acceptance/hook.ts
var mostReserveMilliseconds = 1e4;
function acceptanceHook(options = {}) {
  const { services = awsHookServices, variables = process.env, log = (line) => console.log(line) } = options;
  return async (event, context) => {
    const available = context.getRemainingTimeInMillis();
    const reserve = Math.min(mostReserveMilliseconds, available / 4);
    const guard = new AccidentGuard(available - reserve / 2);
    const ending = new AbortController();
    try {
      const work = { variables, services, log, signal: ending.signal, time: Math.max(1, available - reserve) };
      const verdict = await Promise.race([judge(work).catch(notJudged), guard.accident.then(notJudged)]);
      if (verdict.problem !== void 0) log(`NOT PASSED: ${verdict.problem}`);
      if (isOfCodeDeploy(event)) await services.reportVerdict(event, verdict.isPassed ? "Succeeded" : "Failed");
      return { hookStatus: verdict.isPassed ? "SUCCEEDED" : "FAILED" };
    } finally {
      ending.abort();
      guard.end();
    }
  };
}
async function judge({ variables, services, log, signal, time }) {
  const begun = performance.now();
  const settings = hookSettings(variables);
  const urls = await listOf(settings, services, signal);
  const { acceptance, bucket, key } = settings;
  log(
    `${counted(urls.length, "URL")} of s3://${bucket}/${key} ${urls.length === 1 ? "is" : "are"} requested from ${acceptance.url}.`
  );
  const left = Math.max(1, time - (performance.now() - begun));
  const totalMilliseconds = Math.min(acceptance.totalMilliseconds ?? Infinity, left);
  const result = await runAcceptance(urls, { ...acceptance, totalMilliseconds, signal });
  for (const line of linesOf(result)) log(line);
  return { isPassed: result.isPassed };
}
async function listOf({ bucket, key, mostUrls }, services, signal) {
  const place = `s3://${bucket}/${key}`;
  const text = await services.readObject({ bucket, key, signal }).catch((error) => {
    throw new Error(`the list ${place} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const urls = parsed(text, place);
  if (urls.length === 0) throw new Error(`the list ${place} has no URL in it.`);
  if (urls.length <= mostUrls) return urls;
  return urls.toSorted((one, other) => (other.weight ?? 0) - (one.weight ?? 0)).slice(0, mostUrls);
}
function parsed(text, place) {
  try {
    return parseUrlList(text);
  } catch (error) {
    throw new Error(`the list ${place} cannot be understood: ${messageOf(error)}.`, { cause: error });
  }
}
var mostGroups = 5;
var mostPaths = 8;
function linesOf(result) {
  const groups = failureGroups(result.results);
  const shown = groups.slice(0, mostGroups).map(({ cause, results }) => {
    const paths = results.slice(0, mostPaths).map(({ url }) => shortened2(url.path));
    const more2 = results.length - paths.length;
    return `${number(results.length)} \xD7 ${cause}: ${paths.join(", ")}${more2 > 0 ? ` and ${number(more2)} more` : ""}`;
  });
  const more = groups.length - shown.length;
  const silent = result.results.filter(({ isBlueSilent }) => isBlueSilent === true).length;
  return [
    ...shown,
    ...more > 0 ? [`and ${counted(more, "other cause")}`] : [],
    ...silent > 0 ? [`${number(silent)} judged by the list alone: blue did not answer.`] : [],
    `${counted(result.passed + result.failed, "request")} took ${(result.milliseconds / 1e3).toFixed(1)} s.`,
    result.worth,
    result.sentence
  ];
}
function notJudged(error) {
  return { isPassed: false, problem: `it could not be judged: ${messageOf(error)}` };
}
var accidents = ["unhandledRejection", "uncaughtException"];
var AccidentGuard = class {
  #listeners = accidents.map((event) => {
    return { event, others: process.rawListeners(event) };
  });
  #timer;
  #happened = Promise.withResolvers();
  constructor(milliseconds) {
    const text = `nothing came of it within ${(milliseconds / 1e3).toFixed(1)} s, and the time-out was near.`;
    this.#timer = setTimeout(() => this.#happened.resolve(text), milliseconds);
    for (const event of accidents) {
      process.removeAllListeners(event);
      process.on(event, (reason) => this.#happened.resolve(reason));
    }
  }
  /** Resolves with what went wrong, if anything does. */
  get accident() {
    return this.#happened.promise;
  }
  end() {
    clearTimeout(this.#timer);
    for (const { event, others } of this.#listeners) {
      process.removeAllListeners(event);
      for (const other of others) process.on(event, other);
    }
  }
};
function isOfCodeDeploy(event) {
  return typeof event === "object" && event !== null && "DeploymentId" in event && "LifecycleEventHookExecutionId" in event && typeof event.DeploymentId === "string" && typeof event.LifecycleEventHookExecutionId === "string";
}
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
function shortened2(path) {
  return path.length > 100 ? `${path.slice(0, 100)}\u2026` : path;
}

// src/acceptance/lambda.ts
var handler = acceptanceHook();
export {
  handler
};
