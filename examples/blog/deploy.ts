// Deploys an image of the blog: node examples/blog/deploy.ts blog:2
import { placeOf } from '../aws/place.ts'
import { release } from '../aws/release.ts'

const name = 'blog'
const [image = 'blog:2'] = process.argv.slice(2)
console.log(await release(name, new URL('./', import.meta.url), [image], placeOf(name)))
