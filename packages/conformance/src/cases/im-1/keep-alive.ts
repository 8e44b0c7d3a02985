/* Keepalives that are negotiated by the Via of a REGISTER (RFC 6223). */
import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { fields, register } from '../templates.js';

/** The parameter in the topmost Via: undefined without one, empty without a value. */
const keepOf = (response: SipMessage): string | undefined => /;\s*keep(?:\s*=\s*([^;,\s]+))?(?=[;,\s]|$)/i.exec(response.header('Via') ?? '')?.slice(1).map((value) => value ?? '')[0];

export const keepAliveCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc6223/4.4/keepalives-taken',
    clause: 'RFC 6223 §4.4, RFC 5626 §4.4.1',
    level: 'SHALL',
    asks: 'Who takes the keepalives that a Via offers says so by a number of seconds, and answers them.',
    does: 'Registers over TCP with keep in Via; where the 200 gives it a value, expects a number, and CRLF as the answer to CRLF CRLF.',
    needs: ['registrar', 'sip-tcp'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const peer = await sip({ user: user!, transport: 'tcp' });
      const response = await peer.request(register.replace(';rport', ';rport;keep'), fields(`Contact: <${peer.contact}>`, 'Expires: 600'));
      equal('the status', response.status, 200);
      const keep = keepOf(response);
      if (keep === undefined || keep === '') return;
      check(/^\d+$/.test(keep), `keep is ${keep}, expected seconds`);
      peer.sendOctets('\r\n\r\n');
      equal('the answer to a keepalive', await peer.octets(), '\r\n');
    },
  },
  {
    id: 'IM-1/rfc6223/4.4/not-without-offer',
    clause: 'RFC 6223 §4.4, RFC 3261 §8.2.6.2',
    level: 'SHALL',
    asks: 'Nobody is asked for keepalives who did not offer any.',
    does: 'Registers over TCP without keep in Via, expects a 200 whose Via has none either.',
    needs: ['registrar', 'sip-tcp'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const peer = await sip({ user: user!, transport: 'tcp' });
      const response = await peer.request(register, fields(`Contact: <${peer.contact}>`, 'Expires: 600'));
      equal('the status', response.status, 200);
      equal('keep in the Via of the 200', keepOf(response), undefined);
    },
  },
];
