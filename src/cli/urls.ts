import { Command } from 'commander'
import { urlsBuildCommand } from './urls-build.ts'

/** `teal urls build`. */
export function urlsCommand(): Command {
  const urls = new Command('urls')
    .summary('make lists of URLs for acceptance tests')
    .description('Lists of URLs by which `teal accept`, and the hook of a deployment, judge a new version.')
    .helpCommand('help [command]', "print a command's help")
  urls.addCommand(urlsBuildCommand())
  return urls
}
