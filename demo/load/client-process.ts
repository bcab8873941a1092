import { accountOf } from './account.ts'
import { Clients } from './clients.ts'
import type { LoadPlan } from './clients.ts'
import type { FromClients, ToClients } from './messages.ts'

// The clients have a process of their own, so that nothing else this machine's other programs do is taken for a pause.
// Whoever started them ends them; an interrupt from the keyboard is not for them to act on.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.on('disconnect', () => process.exit(0))

const startedAt = Date.now()
const plan: LoadPlan = JSON.parse(process.argv[2] ?? '')
const clients = new Clients(plan)

process.on('message', (message: ToClients) => {
  answer(message).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})

async function answer({ id, ask }: ToClients): Promise<void> {
  if (ask === 'stop') await clients.stop()
  const reply: FromClients = { id, account: accountOf(clients.tallies, startedAt, Date.now()) }
  process.send?.(reply)
}
