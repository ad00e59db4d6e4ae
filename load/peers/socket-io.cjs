// A room of socket.io: join, then every message to the others in it. WebSocket only, no compression.
const { createServer } = require('node:http')
const { Server } = require('socket.io')
const http = createServer()
const server = new Server(http, { transports: ['websocket'], perMessageDeflate: false })
server.on('connection', (socket) => {
  socket.on('join', (room) => {
    socket.join(room)
    socket.emit('joined')
    socket.on('frame', (frame) => socket.to(room).emit('frame', frame))
  })
})
http.listen(Number(process.argv[2]), '127.0.0.1')
