// The server that comes with y-websocket, as its own start script sets it up: a path is a document, here used for awareness only.
const { createServer } = require('node:http')
const { WebSocketServer } = require('ws')
const { setupWSConnection } = require('y-websocket/bin/utils')
const http = createServer()
const server = new WebSocketServer({ noServer: true })
server.on('connection', setupWSConnection)
http.on('upgrade', (request, socket, head) => {
  server.handleUpgrade(request, socket, head, (connection) => server.emit('connection', connection, request))
})
http.listen(Number(process.argv[2]), '127.0.0.1')
