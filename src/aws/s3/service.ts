import { awsService, type AwsService } from '../handlers.ts'
import { refuseByList } from '../wire/refusal.ts'
import { s3Protocol } from '../wire/s3-protocol.ts'
import { bucketHandlers } from './buckets.ts'
import { deleteObjectHandlers } from './delete-objects.ts'
import { getObjectHandlers } from './get-object.ts'
import { listingHandlers } from './listings.ts'
import type { S3Tools } from './lookups.ts'
import { multipartListHandlers } from './multipart-lists.ts'
import { multipartHandlers } from './multipart.ts'
import { putObjectHandlers } from './put-object.ts'

/** As much of Amazon S3 as revisions, functions' code and artifacts need. */
export function s3(tools: S3Tools): AwsService {
  return awsService({
    name: 'Amazon S3',
    signingName: 's3',
    protocol: s3Protocol(),
    maximumBodyBytes: largestBody,
    sdk: '@aws-sdk/client-s3',
    refuse: refuseByList('InvalidRequest'),
    handlers: {
      ...bucketHandlers(tools),
      ...putObjectHandlers(tools),
      ...getObjectHandlers(tools),
      ...deleteObjectHandlers(tools),
      ...listingHandlers(tools),
      ...multipartHandlers(tools),
      ...multipartListHandlers(tools),
    },
  })
}

/** A body is held in memory while it is received; larger objects come in parts. */
const largestBody = 256 * 1024 * 1024
