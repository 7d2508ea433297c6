import { trace } from '../dist/test/harness/draw.js'

/** What the shops of test/apps/toolchains and test/apps/workspace do: each asks itself for an item, and that for its stock. */
export const SHOP = trace`
  GET                      CLIENT 200
    GET /items/:item       SERVER 200
      GET                  CLIENT 200
        GET /stock/:item   SERVER 200
          SELECT stock     CLIENT
`
