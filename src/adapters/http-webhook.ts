import type { Notification } from '../domain/notification.ts'
import type { Webhook } from '../engine/notifications.ts'

/**
 * POSTs notifications as JSON to one URL: those of triggers in the form in which SNS delivers to HTTP endpoints, events as
 * EventBridge has them. Any answer of 200 to 299 is a receipt.
 */
export class HttpWebhook implements Webhook {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async deliver(notification: Notification, signal: AbortSignal): Promise<void> {
    const { headers, body } = requestOf(notification)
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'teal', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]),
      redirect: 'manual',
    }).catch((error: unknown) => {
      throw new Error(`${this.#url} was not reached: ${reasonOf(error)}.`, { cause: error })
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`${this.#url} answered ${response.status}.`)
  }
}

const timeoutMilliseconds = 10_000

function requestOf({ notificationId, at, content }: Notification): {
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
} {
  if (content.channel === 'EventBridge') return { headers: {}, body: content.event }
  const { topicArn, subject, message } = content
  return {
    headers: {
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': notificationId,
      'x-amz-sns-topic-arn': topicArn,
    },
    body: {
      Type: 'Notification',
      MessageId: notificationId,
      TopicArn: topicArn,
      Subject: subject,
      Message: message,
      Timestamp: new Date(at).toISOString(),
    },
  }
}

/** What fetch says itself is `fetch failed`; why is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
