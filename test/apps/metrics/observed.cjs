// A job of which nothing is measured but what a callback observes. It has done its work when it ends, by the door DOOR;
// with SILENT its callbacks have nothing to tell, and with REMOVED they are taken back.
const { metrics } = require('@opentelemetry/api')
const doors = require('../exit/doors.cjs')

const { DOOR, REMOVED, SILENT } = process.env
const meter = metrics.getMeter('shop')
let rows = 0
const tell = (result, ...of) => {
  if (SILENT === undefined) result.observe(...of, rows)
}
const counter = meter.createObservableCounter('shop.rows')
counter.addCallback(tell)
if (REMOVED !== undefined) counter.removeCallback(tell)
const level = meter.createObservableGauge('shop.level')
const tellBatch = (result) => tell(result, level)
meter.addBatchObservableCallback(tellBatch, [level])
if (REMOVED !== undefined) meter.removeBatchObservableCallback(tellBatch, [level])

setTimeout(() => {
  rows = 5
  doors[DOOR]()
}, 50)
