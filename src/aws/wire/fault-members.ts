import type { Fault } from './protocol.ts'

/**
 * What the model of a fault's exception has besides `message`. Some models call the message `Message`, and Lambda's have
 * a `Type`; what these say is said by every fault.
 */
export function faultMembers({ known, members, message, status }: Fault): Readonly<Record<string, unknown>> {
  if (!known) return {}
  const names = new Set(Object.keys(known.shape.getMemberSchemas()))
  return {
    ...(names.has('Message') && { Message: message }),
    ...(names.has('Type') && { Type: status < 500 ? 'User' : 'Service' }),
    ...members,
  }
}

/** The error's code of the query protocol, for clients of services which had only that once: `ResourceNotFound;Sender`. */
export function queryErrorHeader({ code, status, known }: Fault): Readonly<Record<string, string>> {
  return { 'x-amzn-query-error': `${known?.queryCode ?? code};${status < 500 ? 'Sender' : 'Receiver'}` }
}
