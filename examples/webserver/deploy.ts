// Deploys an image of the web server with one of the shop: node examples/webserver/deploy.ts webserver:2 shop:1
import { placeOf } from '../aws/place.ts'
import { release } from '../aws/release.ts'

const name = 'webserver'
const [image = 'webserver:2', shop = 'shop:1'] = process.argv.slice(2)
console.log(await release(name, new URL('./', import.meta.url), [image, shop], placeOf(name)))
