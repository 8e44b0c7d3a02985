/* MSRP over TLS (RFC 4975 §14) and over WebSocket (RFC 7977), as far as it goes without a session. */
import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { chunk, send } from './frames.js';

/** A SEND to a session nobody has, and its 481. */
function refuses(transport: 'tls' | 'ws'): ConformanceCase['run'] {
  return async ({ msrpAtListener }) => {
    const peer = await msrpAtListener(transport);
    const response = await peer.expectResponse(peer.send(send, chunk('Hello you.')), 481);
    equal('the To-Path of the 481', response.header('To-Path'), peer.ownUri);
  };
}

export const transportCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc4975/14.1/served-over-tls',
    clause: 'RFC 4975 §14.1, §7.3',
    level: 'SHALL',
    asks: 'Over TLS the target serves MSRP as it does over TCP.',
    does: 'Connects over TLS and sends a SEND for a session nobody has; expects 481.',
    needs: ['msrp-tls'],
    users: 0,
    run: refuses('tls'),
  },
  {
    id: 'IM-7/rfc4975/14.2/certificate-of-the-host',
    clause: 'RFC 4975 §14.2',
    level: 'SHALL',
    asks: 'The certificate of the target is of the host its MSRP URIs name, and leads to a root that is trusted.',
    does: 'Connects over TLS, checks name and chain by --trusted, sends a SEND for a session nobody has.',
    needs: ['msrp-tls', 'trusted'],
    users: 0,
    run: refuses('tls'),
  },
  {
    id: 'IM-7/rfc7977/4.1/served-over-websocket',
    clause: 'RFC 7977 §4.1, §5.1',
    level: 'SHALL',
    asks: 'Over a WebSocket with the subprotocol msrp, which the 101 confirms, the target serves MSRP.',
    does: 'Shakes hands with the subprotocol msrp and sends a SEND for a session nobody has; expects 481.',
    needs: ['msrp-ws'],
    users: 0,
    run: refuses('ws'),
  },
  {
    id: 'IM-7/rfc7977/5.1/one-chunk-in-one-message',
    clause: 'RFC 7977 §5.1',
    level: 'SHALL',
    asks: 'A WebSocket message carries one MSRP frame, whole, and no more.',
    does: 'Sends two SENDs at once; expects two WebSocket messages, each of them one response.',
    needs: ['msrp-ws'],
    users: 0,
    run: async ({ msrpAtListener }) => {
      const peer = await msrpAtListener('ws');
      const tids = [peer.send(send, chunk('Hello')), peer.send(send, chunk('you.'))];
      for (const tid of tids) {
        const octets = await peer.octets();
        const isWhole = octets.startsWith(`MSRP ${tid} `) && octets.indexOf(`\r\n-------${tid}$\r\n`) === octets.length - tid.length - 12;
        check(isWhole, 'a WebSocket message is not one whole MSRP frame');
      }
    },
  },
];
