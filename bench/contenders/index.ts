import { caddy } from './caddy.ts'
import type { Contender } from './contender.ts'
import { direct } from './direct.ts'
import { haproxy } from './haproxy.ts'
import { nginx, nginxWithRules } from './nginx.ts'
import { nodeProxies } from './node-proxies.ts'
import { relay } from './relay.ts'
import { teal } from './teal.ts'

/** In the order of the tables. */
export const allContenders: readonly Contender[] = [
  direct,
  relay,
  teal,
  haproxy,
  nginx,
  nginxWithRules,
  caddy,
  ...nodeProxies,
]
