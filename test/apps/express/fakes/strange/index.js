// An express that is not made as the agent knows it.
class Layer {
  constructor(handle) {
    this.handle = handle
  }
  match() {}
  handle_request() {}
  handle_error() {}
}

class Router {
  stack = []
  use(handle) {
    this.stack.push(new Layer(handle))
  }
  handle() {}
}

const kinds = {
  missing: () => ({}),
  frozen: () => {
    Object.freeze(Router.prototype)
    return { Router }
  },
  getter: () => {
    const { handle } = Router.prototype
    Object.defineProperty(Router.prototype, 'handle', { get: () => handle, configurable: false })
    return { Router }
  },
  layers: () => {
    Router.prototype.use = function (handle) {
      this.layers = [new Layer(handle)]
    }
    return { Router }
  },
}

module.exports = Object.assign(() => 'hello from a strange one', kinds[process.env.KIND]())
