import { performScale, scaleUsage } from './scale/main.ts'

process.exit(await main(process.argv.slice(2)))

async function main([benchmark, ...argv]: readonly string[]): Promise<number> {
  if (benchmark !== 'scale' || argv.includes('--help')) {
    console.log(scaleUsage)
    return argv.includes('--help') ? 0 : 2
  }
  try {
    await performScale(argv, (text) => console.log(text))
    return 0
  } catch (error) {
    console.error(`The benchmark could not go on. ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}
