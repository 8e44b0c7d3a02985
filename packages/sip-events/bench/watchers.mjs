// A process of its own: answers every NOTIFY, so that the bench measures the notifier alone.
import { createSocket } from 'node:dgram';
import { answerTo } from './peer.mjs';

const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
socket.on('message', (bytes, { port, address }) => socket.send(answerTo(bytes), port, address));
socket.bind(0, '127.0.0.1', () => process.send(socket.address().port));
process.on('disconnect', () => process.exit());
