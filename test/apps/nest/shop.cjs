// A shop by Nest: `nest` is @nestjs/common, `adapter` one of its adapters. Decorators are called as functions, for
// JavaScript has none yet.
exports.shop = ({ Catch, Controller, Get, HttpException, Module, Param, ParseIntPipe, UseFilters, UseGuards }) => {
  class Things {
    async find(id) {
      await new Promise(setImmediate)
      if (id === 'broken') throw new Error('this thing is broken')
      if (id === 'refused') throw new HttpException('not for you', 403)
      return { id }
    }
    number() {}
    guarded() {}
    filtered() {
      throw new Error('in repair')
    }
    disliked() {
      throw new Error('no coffee')
    }
    entered() {}
  }
  const answering = (status) => {
    class Filter {
      catch(_exception, host) {
        host.switchToHttp().getResponse().status(status).send({})
      }
    }
    Catch()(Filter)
    return new Filter()
  }
  const guard = {
    canActivate() {
      throw new Error('the guard sleeps')
    },
  }
  const decorate = (method, ...decorators) => {
    const descriptor = Object.getOwnPropertyDescriptor(Things.prototype, method)
    for (const decorator of decorators) decorator(Things.prototype, method, descriptor)
  }
  Controller()(Things)
  decorate('find', Get('/things/:id'))
  Param('id')(Things.prototype, 'find', 0)
  decorate('number', Get('/numbers/:id'))
  Param('id', ParseIntPipe)(Things.prototype, 'number', 0)
  decorate('guarded', Get('/guarded'), UseGuards(guard))
  decorate('filtered', Get('/filtered'), UseFilters(answering(503)))
  decorate('disliked', Get('/disliked'), UseFilters(answering(418)))
  decorate('entered', Get('/entered'))

  class Shop {
    configure(consumer) {
      const fail = () => {
        throw new Error('no entry')
      }
      consumer.apply(fail).forRoutes('/entered')
    }
  }
  Module({ controllers: [Things] })(Shop)
  return Shop
}

exports.serve = async (NestFactory, Shop, adapter) => {
  const app = await NestFactory.create(Shop, adapter, { logger: false })
  app.listen(0, '127.0.0.1', () => console.log(`http://localhost:${app.getHttpServer().address().port}`))
}
