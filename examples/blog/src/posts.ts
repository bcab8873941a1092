import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  paginateScan,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'

/** A post as it is in the table. A version may know fewer fields than are there, or more. */
export type Post = {
  readonly post_id: string
  readonly author: string
  /** When it was written, as ISO 8601. */
  readonly timestamp: string
  readonly [field: string]: string
}

const TableName = process.env['TABLE'] ?? 'BlogPosts'
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}))

/** The newest first. */
export async function allPosts(): Promise<readonly Post[]> {
  const posts: Post[] = []
  for await (const { Items = [] } of paginateScan({ client: table }, { TableName, ConsistentRead: true })) {
    posts.push(...(Items as Post[]))
  }
  return posts.toSorted((one, other) => other.timestamp.localeCompare(one.timestamp))
}

export async function findPost(id: string): Promise<Post | undefined> {
  const { Items = [] } = await table.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'post_id = :id',
      ExpressionAttributeValues: { ':id': id },
    }),
  )
  return (Items as Post[])[0]
}

/** The id is the form's, so that a form which is sent twice makes one post. */
export async function createPost(id: string, author: string, fields: Readonly<Record<string, string>>): Promise<void> {
  if ((await findPost(id)) !== undefined) return
  const post = { ...fields, post_id: id, author, timestamp: new Date().toISOString() }
  await unlessConditionFails(
    table.send(new PutCommand({ TableName, Item: post, ConditionExpression: 'attribute_not_exists(post_id)' })),
  )
}

/** Fields that are not named stay as they are: they may be another version's. Does nothing where the post is gone. */
export async function updatePost({ post_id, author }: Post, fields: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(fields)
  await unlessConditionFails(
    table.send(
      new UpdateCommand({
        TableName,
        Key: { post_id, author },
        ConditionExpression: 'attribute_exists(post_id)',
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, fields[name]])),
      }),
    ),
  )
}

export async function deletePost({ post_id, author }: Post): Promise<void> {
  await table.send(new DeleteCommand({ TableName, Key: { post_id, author } }))
}

async function unlessConditionFails(done: Promise<unknown>): Promise<void> {
  try {
    await done
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
  }
}
