import type { LoadAccount } from './account.ts'

/** What the demo and the process of its clients say to each other. */
export type ToClients = { readonly id: number; readonly ask: 'account' | 'stop' }
export type FromClients = { readonly id: number; readonly account: LoadAccount }
