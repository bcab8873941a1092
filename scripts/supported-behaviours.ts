/** What no list of operations says: how far the behaviour behind them goes. Kept by hand, beside the code. */
export type Behaviour = {
  readonly what: string
  /** `recorded`: accepted, kept and answered back, without an effect. */
  readonly state: 'supported' | 'recorded' | 'refused'
  readonly note: string
}

export const behaviours: Readonly<Record<string, readonly Behaviour[]>> = {
  'Deployment groups': [
    behaviour('Compute platform ECS', 'supported', ''),
    behaviour('Compute platforms Server and Lambda', 'refused', '`InvalidComputePlatformException`'),
    behaviour('One pair of target groups, a production listener, a test listener', 'supported', ''),
    behaviour('`deploymentReadyOption`: CONTINUE_DEPLOYMENT, STOP_DEPLOYMENT with 1 to 7200 minutes', 'supported', ''),
    behaviour('Termination of blue after up to 2880 minutes, or KEEP_ALIVE', 'supported', ''),
    behaviour('`autoRollbackConfiguration`, of the group and per deployment', 'supported', ''),
    behaviour(
      '`alarmConfiguration`, of the group and per deployment',
      'supported',
      'the alarms are those of CloudWatch here',
    ),
    behaviour(
      '`triggerConfigurations`',
      'supported',
      'each message is kept, shown in the deployment’s record and sent to the URL of `teal serve --webhook`; there are no SNS topics',
    ),
    behaviour('`serviceRoleArn`', 'recorded', 'no role is assumed'),
    behaviour('`outdatedInstancesStrategy`', 'recorded', 'it is about instances'),
    behaviour('Tag filters, Auto Scaling groups, on-premises instances', 'refused', 'with the exception of each'),
  ],
  'Deployment configurations': [
    behaviour('The five predefined ones for ECS', 'supported', ''),
    behaviour('Custom ones: AllAtOnce, TimeBasedCanary, TimeBasedLinear', 'supported', ''),
    behaviour('Those of the Server and Lambda platforms', 'refused', 'listed, and refused for an ECS group'),
    behaviour(
      '`CodeDeployDefault.OneAtATime`',
      'supported',
      'Terraform sends it for every group; here it means all at once',
    ),
  ],
  Revisions: [
    behaviour('`AppSpecContent`, and `String`, its older name', 'supported', 'the sha256 is checked where it is given'),
    behaviour(
      '`S3` with bundleType YAML or JSON',
      'supported',
      'version and ETag are checked; read when the deployment is created',
    ),
    behaviour(
      '`S3` with bundleType zip, tar or tgz',
      'supported',
      'with `appspec.yaml`, `appspec.yml` or `appspec.json` in the root of the archive',
    ),
    behaviour('`GitHub`', 'refused', '`InvalidRevisionException`'),
    behaviour(
      'An AppSpec that is missing or malformed',
      'supported',
      'the deployment fails with INVALID_REVISION or REVISION_MISSING',
    ),
    behaviour(
      '`CapacityProviderStrategy` in the AppSpec',
      'supported',
      'without one the replacement task set has a launch type, as on AWS, whatever strategy the service had',
    ),
  ],
  Deployments: [
    behaviour('All lifecycle events of ECS, in their order', 'supported', ''),
    behaviour(
      'Hooks on the five events that can have one',
      'supported',
      'Lambda functions, run here; see Lambda above',
    ),
    behaviour(
      'Traffic of the production and the test listener, by weight',
      'supported',
      'also in rules that forward to the pair',
    ),
    behaviour('ContinueDeployment for READY_WAIT and TERMINATION_WAIT', 'supported', ''),
    behaviour('StopDeployment, with and without rollback', 'supported', ''),
    behaviour('Rollback as a deployment of its own', 'supported', ''),
    behaviour(
      'Software version consistency',
      'supported',
      'the tasks of a deployment start from the images that its first one found',
    ),
    behaviour('One deployment at a time in a group', 'supported', '`DeploymentLimitExceededException`'),
    behaviour(
      'Members for instances: `fileExistsBehavior`, `targetInstances` …',
      'refused',
      'with the exception of each',
    ),
    behaviour(
      'Minutes',
      'supported',
      '`teal serve --minute` says how long one lasts; answers keep the configured ones',
    ),
  ],
  Notifications: [
    behaviour('Messages of triggers, in the form of SNS', 'supported', 'the newest thousand are kept'),
    behaviour('Deployment events, in the form of EventBridge', 'supported', 'START, SUCCESS, FAILURE, STOP and READY'),
    behaviour('Delivery', 'supported', 'to one webhook, five attempts; deployments never wait for it'),
  ],
  'Load balancers': [
    behaviour('All attributes of time-outs, headers, desync mitigation and HTTP/2', 'supported', ''),
    behaviour('`access_logs.s3.*`', 'supported', 'into buckets of the S3 here'),
    behaviour(
      'Connection and health check logs, WAF, zonal shift, cross-zone balancing switched off',
      'refused',
      'their attributes can only have their defaults',
    ),
    behaviour('Listener attributes that set headers of answers, or take `Server` out', 'supported', ''),
    behaviour('Listener attributes that rename the headers of TLS', 'refused', 'they can only have their defaults'),
    behaviour(
      'Conditions of all six fields, with wildcards',
      'supported',
      'five values and five wildcards in a rule, as on AWS',
    ),
    behaviour(
      '`RegexValues`',
      'supported',
      'found anywhere unless anchored; what needs going back (assertions, references) is refused; AWS’s own rules for case are not known: here it counts in paths and headers, not in hosts',
    ),
    behaviour(
      '`Transforms` of host and URL',
      'supported',
      'of rules that forward; the first match is replaced, which AWS’s guide leaves open; no matching takes longer than ' +
        'the lengths of text and pattern multiplied',
    ),
    behaviour('Authentication and JWT actions', 'refused', 'by name'),
    behaviour(
      'Stickiness of target groups (`AWSALBTG`)',
      'supported',
      'for the duration from the first answer on; a group with weight 0 keeps no client',
    ),
  ],
  'HTTPS listeners': [
    behaviour('Certificates imported into ACM, replaced without closing a connection', 'supported', ''),
    behaviour('Certificates issued by ACM, or kept in IAM', 'refused', 'import them'),
    behaviour(
      'Several certificates for a listener (SNI)',
      'supported',
      'of several for one name the one with an RSA key is shown',
    ),
    behaviour(
      'Security policies',
      'supported',
      'but for those with FIPS, and `ELBSecurityPolicy-TLS-1-0-2015-04` with triple DES',
    ),
    behaviour('HTTP/2 from clients', 'supported', 'a request of HTTP/1.1 is made of each stream; 128 at once'),
    behaviour('Mutual TLS, ALPN policies', 'refused', 'by name'),
  ],
  'Target groups': [
    behaviour(
      'HTTP/1.1 to targets by IP address, without TLS or by it (Protocol HTTPS)',
      'supported',
      'no certificate of a target is refused, and no name sent to it (SNI), as on AWS; TLS 1.0 to 1.3, whatever the listener has',
    ),
    behaviour('HTTP/2, gRPC; instances, Lambda functions, load balancers as targets', 'refused', ''),
    behaviour('Round robin, least outstanding requests, weighted random, slow start', 'supported', ''),
    behaviour('Anomaly mitigation', 'refused', 'health checks alone take a target out'),
    behaviour(
      'Stickiness of targets: `lb_cookie` (`AWSALB`), `app_cookie` (`AWSALBAPP-0`)',
      'supported',
      'the duration begins anew with every answer; a client whose target is gone, or that weights lead to another group, ' +
        'is bound to its next one',
    ),
    behaviour(
      'Deregistration delay',
      'supported',
      'a target without requests is gone at once, where AWS shows it as draining until the delay is over',
    ),
    behaviour('Minimum of healthy targets for routing, as count or percentage', 'supported', ''),
    behaviour('Minimum of healthy targets for DNS; cross-zone balancing', 'recorded', 'there is one zone, and no DNS'),
    behaviour(
      'Health checks over HTTP and HTTPS',
      'supported',
      'certificates of targets are not checked, as on AWS; a new target that refuses connections is asked again every 250 ms',
    ),
  ],
  'Amazon S3': [
    behaviour(
      'Objects, ranges, conditional requests, metadata, checksums',
      'supported',
      'up to 256 MiB in one request',
    ),
    behaviour('Multipart uploads, versions, delete markers', 'supported', ''),
    behaviour(
      'Presigned URLs, path-style and virtual-host addresses',
      'supported',
      'signatures and times are verified where the endpoint is not on loopback',
    ),
    behaviour('ACLs `private` and `bucket-owner-full-control`', 'recorded', 'the owner is the only one there is'),
    behaviour('Other ACLs, tags, policies, encryption, storage classes, object lock', 'refused', '`NotImplemented`'),
  ],
}

function behaviour(what: string, state: Behaviour['state'], note: string): Behaviour {
  return { what, state, note }
}
