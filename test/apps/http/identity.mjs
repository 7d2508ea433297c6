// Prints what a program can see of the functions that agents patch.
import http from 'node:http'
import https from 'node:https'

const functions = {
  'http.request': http.request,
  'http.get': http.get,
  'http.createServer': http.createServer,
  'https.request': https.request,
  'Server.emit': http.Server.prototype.emit,
  'https.Server.emit': https.Server.prototype.emit,
  'ClientRequest.emit': http.ClientRequest.prototype.emit,
  'ClientRequest._storeHeader': http.ClientRequest.prototype._storeHeader,
  'IncomingMessage.emit': http.IncomingMessage.prototype.emit,
  'ServerResponse.emit': http.ServerResponse.prototype.emit,
  fetch,
}

for (const [name, fn] of Object.entries(functions)) {
  const symbols = Object.getOwnPropertySymbols(fn).map(String)
  const keys = Object.keys(fn)
  console.log(name, fn.name, fn.length, fn.toString().length, typeof fn.prototype, symbols.join(), keys.join())
}
for (const prototype of [http.Server.prototype, http.IncomingMessage.prototype, http.ServerResponse.prototype]) {
  const keys = []
  for (const key in Object.create(prototype)) keys.push(key)
  console.log(keys.sort().join())
}
