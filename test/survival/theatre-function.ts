import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import type { Theatre } from './theatre.ts'

/** A Lambda function in Node; its code exports `handler`. */
export async function createFunction(
  theatre: Pick<Theatre, 'clientConfiguration'>,
  functionName: string,
  { code, variables = {} }: { readonly code: string; readonly variables?: Readonly<Record<string, string>> },
): Promise<void> {
  const lambda = new LambdaClient(theatre.clientConfiguration)
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: functionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/lambda',
      Timeout: 30,
      Code: { ZipFile: zipSync({ 'index.js': strToU8(code) }) },
      Environment: { Variables: variables },
    }),
  )
  lambda.destroy()
}
