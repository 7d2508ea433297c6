// What it costs to encode one span for OTLP: node --expose-gc bench/encode.mjs, after a build.
import { createSpanEncoder } from '../dist/src/otlp/encoders.js'
