import { NO_WISHES } from '../../src/config/views.js'
import type { Selector, StreamWishes, View } from '../../src/metrics/views.js'

/** A view that asks for what is given, and for nothing else. */
export function view(selector: Partial<Selector>, stream: Partial<StreamWishes> = {}): View {
  return {
    selector: {
      instrumentName: undefined,
      instrumentKind: undefined,
      unit: undefined,
      meterName: undefined,
      meterVersion: undefined,
      meterSchemaUrl: undefined,
      ...selector,
    },
    stream: { ...NO_WISHES, ...stream },
  }
}
