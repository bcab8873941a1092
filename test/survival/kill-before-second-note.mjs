// Loaded into an engine before its own code (node --import): ends it with SIGKILL when it is about to write its second
// note into a deployment's journal. So each life of the engine gets one note further, and dies with the next step's
// effect done and not yet noted: the worst moment there is.
import { StatementSync } from 'node:sqlite'

const run = StatementSync.prototype.run
let notes = 0
StatementSync.prototype.run = function (...values) {
  if (values.includes('journal') && ++notes === 2) process.kill(process.pid, 'SIGKILL')
  return run.apply(this, values)
}
