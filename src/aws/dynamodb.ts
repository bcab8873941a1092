import type { RelayedService } from './relayed.ts'

/** DynamoDB: a store beside the engine answers for it, and says itself what it does not support. */
export const dynamoDb = {
  name: 'DynamoDB',
  signingName: 'dynamodb',
  targetPrefix: 'DynamoDB_20120810',
} satisfies Omit<RelayedService, 'relay'>
