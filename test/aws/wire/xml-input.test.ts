import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sdk from '@aws-sdk/client-s3'
import { bindingsOf } from '../../../src/aws/wire/bindings.ts'
import { readOperationTable } from '../../../src/aws/wire/operation-table.ts'
import { pathText } from '../../../src/aws/wire/path.ts'
import { readXmlInput } from '../../../src/aws/wire/xml-input.ts'

const table = readOperationTable(sdk)

/** Reads the XML which is the body of the operation. */
function read(
  operation: string,
  xml: string,
  encoding: BufferEncoding = 'utf8',
): { input: unknown; unknown: readonly string[] } {
  const shape = table.operations.get(operation)?.input
  assert.ok(shape)
  const payload = bindingsOf(shape).members.find(({ place }) => place.kind === 'payload')
  assert.ok(payload)
  const { input, unknownMembers } = readXmlInput(payload.shape, Buffer.from(xml, encoding))
  return { input, unknown: unknownMembers.map(pathText) }
}

describe('an XML body', () => {
  test('is read by its model: names, flat lists, numbers, booleans and dates', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
      <Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Object><Key>a &amp; b</Key><VersionId>1</VersionId></Object>
        <Object><Key>c</Key><Size>12</Size><LastModifiedTime>Fri, 20 Nov 2026 12:00:00 GMT</LastModifiedTime></Object>
        <Quiet>true</Quiet>
      </Delete>`
    assert.deepEqual(read('DeleteObjects', xml), {
      input: {
        Objects: [
          { Key: 'a & b', VersionId: '1' },
          { Key: 'c', Size: 12, LastModifiedTime: new Date('2026-11-20T12:00:00Z') },
        ],
        Quiet: true,
      },
      unknown: [],
    })
  })

  test('has lists with an element around them', () => {
    const xml = '<Tagging><TagSet><Tag><Key>k</Key><Value/></Tag></TagSet></Tagging>'
    assert.deepEqual(read('PutBucketTagging', xml).input, { TagSet: [{ Key: 'k', Value: '' }] })
    assert.deepEqual(read('PutBucketTagging', '<Tagging><TagSet/></Tagging>').input, { TagSet: [] })
  })

  test('may have any root element', () => {
    const part = '<Part><PartNumber>1</PartNumber><ETag>"e"</ETag></Part>'
    for (const root of ['CompleteMultipartUpload', 'CompleteMultipartUploadRequest']) {
      const { input } = read('CompleteMultipartUpload', `<${root}>${part}</${root}>`)
      assert.deepEqual(input, { Parts: [{ PartNumber: 1, ETag: '"e"' }] })
    }
  })

  test('tells of elements that the model does not have', () => {
    const xml = '<Delete><Quietly>true</Quietly><Object><Key>k</Key><Colour>red</Colour></Object></Delete>'
    assert.deepEqual(read('DeleteObjects', xml).unknown.toSorted(), ['Objects[0].Colour', 'Quietly'])
  })

  test('is refused where a value has the wrong type', () => {
    for (const [xml, text] of [
      ['<Delete><Quiet>perhaps</Quiet></Delete>', /'perhaps' is neither true nor false \(at Quiet\)/],
      ['<Delete><Quiet><Yes/></Quiet></Delete>', /elements stand where text is expected \(at Quiet\)/],
      ['<Delete><Object>k</Object></Delete>', /'k' stands where elements are expected \(at Objects\[0\]\)/],
      ['<Delete><Quiet>true</Quiet><Quiet>true</Quiet></Delete>', /stands more than once \(at Quiet\)/],
      ['<Delete>', /cannot be read/],
      ['Delete', /cannot be read/],
    ] as const) {
      assert.throws(() => read('DeleteObjects', xml), { code: 'MalformedXML', message: text }, xml)
    }
    const latin1 = '<Delete><Object><Key>grün</Key></Object></Delete>'
    assert.throws(() => read('DeleteObjects', latin1, 'latin1'), { code: 'MalformedXML', message: /not in UTF-8/ })
  })
})
