import { get } from 'node:http'

get(process.env.URL, (res) => res.pipe(process.stdout))
