// The fan-out that most tutorials of `ws` end with: every message to every other client of the same path.
const { WebSocketServer } = require('ws')
const rooms = new Map()
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate: false })
server.on('connection', (socket, request) => {
  const room = rooms.get(request.url) ?? new Set()
  rooms.set(request.url, room.add(socket))
  socket.on('message', (data, isBinary) => {
    for (const other of room) if (other !== socket) other.send(data, { binary: isBinary })
  })
  socket.on('close', () => room.delete(socket))
  socket.on('error', () => {})
})
