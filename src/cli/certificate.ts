import { Command } from 'commander'
import { certificateImportCommand } from './certificate-import.ts'
import { certificateListCommand } from './certificate-list.ts'

/** `teal certificate import`, `teal certificate list`. */
export function certificateCommand(): Command {
  const certificate = new Command('certificate')
    .summary('import and list certificates for HTTPS listeners')
    .description('The certificates of AWS Certificate Manager that listeners of HTTPS have: import one, see them all.')
    .helpCommand('help [command]', "print a command's help")
  for (const command of [certificateImportCommand(), certificateListCommand()]) certificate.addCommand(command)
  return certificate
}
