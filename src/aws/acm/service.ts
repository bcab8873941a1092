import type { Engine } from '../../engine/engine.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { certificates } from './certificates.ts'
import { listings } from './listings.ts'
import { tags } from './tags.ts'

/** Certificates for HTTPS listeners: imported ones. Nobody here could issue one that the world trusts. */
export const certificateManager = (engine: Engine): AwsService =>
  awsService({
    name: 'AWS Certificate Manager',
    signingName: 'acm',
    protocol: jsonProtocol({ version: '1.1', targetPrefix: 'CertificateManager' }),
    sdk: '@aws-sdk/client-acm',
    handlers: { ...certificates(engine), ...listings(engine), ...tags(engine) },
    refuse: refuseByList('ValidationException'),
  })
