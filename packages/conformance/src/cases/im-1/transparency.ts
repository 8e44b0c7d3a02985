/* What passes through a proxy unchanged, and the forms a request may come in (RFC 3261 §7.3, §16.4, §16.6, §19.1.4). */
import type { CaseContext, ConformanceCase, Level } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { parameter } from '../../sip-text.js';
import { cancel, registered } from '../preconditions.js';
import { delivered, isTaken } from '../steps.js';
import { finalResponse, inDialog, message, options, withinDialog } from '../templates.js';
import { arrivals, calling, cancelled, refusedWith, rings, talking } from './calls.js';

/** Sends a MESSAGE in this form, which must arrive. */
async function arrives(context: CaseContext, template: string, values: Readonly<Record<string, string>> = {}): Promise<SipMessage> {
  const [from, to] = context.users;
  const alice = await registered(context, from!);
  const bob = await registered(context, to!);
  const answered = alice.request(template, { recipient: to!.aor, ...values });
  answered.catch(() => undefined);
  const arrived = await bob.expect('MESSAGE ');
  bob.respond(arrived, finalResponse('200 OK'));
  isTaken(await answered);
  return arrived;
}

interface Kept {
  readonly id: string;
  readonly clause: string;
  readonly level?: Level;
  readonly asks: string;
  /** Header lines, each of which must arrive as it is. */
  readonly lines: readonly string[];
}

/** An INVITE of another service with these header lines. */
function kept({ id, clause, level = 'SHALL', asks, lines }: Kept): ConformanceCase {
  const names = [...new Set(lines.map((line) => line.split(':')[0]!))];
  return {
    id: `IM-1/${id}`, clause, level, asks,
    does: `Calls a user with ${names.join(', ')} and compares what arrives, value for value.`,
    needs: ['registrar', 'proxy'],
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, [''], ...lines);
      const [arrived] = await arrivals(ringing);
      for (const name of names) {
        const given = lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
        equal(name, arrived!.headers(name).join(', '), given.join(', '));
      }
      ringing.devices[0]!.respond(arrived!, finalResponse('486 Busy Here'));
      await precondition('the refusal ends it', () => refusedWith(ringing, 486));
    },
  };
}

const tag = (name: string): string => `sip:${name}@192.0.2.7`;

export const transparencyCases: readonly ConformanceCase[] = [
  kept({
    id: 'rfc3261/16.6/unknown-fields-kept', clause: 'RFC 3261 §16.6 (1)',
    asks: 'A proxy removes no header field it does not know, changes none, and keeps the order of the values of one name.',
    lines: ['X-Conformance: first;a="q, \\"uoted\\"",  second', 'X-Conformance: third', 'Subject: Gr\xfc\xdfe', 'Organization: a  b'],
  }),
  kept({
    id: 'rfc3261/16.6/require-end-to-end', clause: 'RFC 3261 §8.2.2.3, §20.32, §16.6 (1)',
    asks: 'Require is for the other user, not for proxies: one that names what nobody knows is forwarded.',
    lines: ['Require: conformance-unheard-of', 'Supported: timer, conformance-two'],
  }),
  kept({
    id: 'rfc7044/10/history-info-kept', clause: 'RFC 7044 §10.3, RFC 3261 §16.6 (1)',
    asks: 'The entries of History-Info there are stay as they are, in their order; a proxy may add its own behind them.',
    lines: [`History-Info: <${tag('a')}>;index=1`, `History-Info: <${tag('b')}?Reason=SIP%3Bcause%3D302>;index=1.1;mp=1`],
  }),
  kept({
    id: 'rfc4028/8.1/session-interval-kept', clause: 'RFC 4028 §8.1',
    asks: 'A proxy does not raise a Session-Expires that is more than Min-SE, nor touch Min-SE, nor name a refresher, where timer is supported.',
    lines: ['Supported: timer', 'Session-Expires: 1800', 'Min-SE: 90'],
  }),
  kept({
    id: 'rfc3891/3/replaces-kept', clause: 'RFC 3891 §3, RFC 4538 §7, RFC 3261 §16.6 (1)',
    asks: 'Replaces, Target-Dialog and Referred-By are for the other user and pass through proxies.',
    lines: ['Replaces: 425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only', 'Target-Dialog: fa77as7dad8;local-tag=1;remote-tag=2',
      `Referred-By: <${tag('referrer')}>;cid="20398823.2UWQFN309shb3@referrer.example"`],
  }),
  kept({
    id: 'rfc3261/16.6/contact-and-capabilities-kept', clause: 'RFC 3261 §16.6 (1), RFC 3840 §9',
    asks: 'A proxy that is no user agent of the call leaves alone what the caller says of itself.',
    lines: ['Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, CONFORM', 'Allow-Events: talk, conformance', 'Accept-Language: da, en;q=0.5',
      'User-Agent: conformance/1 (a; b)', 'Date: Sat, 13 Nov 2010 23:29:00 GMT', 'Call-Info: <http://192.0.2.7/a,b.jpg>;purpose=icon'],
  }),
  {
    id: 'IM-1/rfc3326/2/reason-of-bye-kept',
    clause: 'RFC 3326 §2, RFC 3261 §16.6 (1)',
    level: 'SHALL',
    asks: 'The Reason of a BYE reaches the other user.',
    does: 'Ends a call by BYE with two Reason values, compares them at the callee.',
    needs: ['registrar', 'proxy'],
    users: 2,
    run: async (context) => {
      const talk = await talking(context);
      const reason = 'Q.850;cause=16;text="Terminated, as it is"';
      const answered = talk.caller.request(inDialog('BYE'), { ...talk.callerDialog, fields: `Reason: ${reason}` });
      answered.catch(() => undefined);
      const bye = await talk.callee.expect('BYE ');
      equal('the Reason', bye.header('Reason'), reason);
      talk.callee.respond(bye, withinDialog('200 OK'));
      await precondition('the BYE is answered', () => answered);
    },
  },
  {
    id: 'IM-1/rfc3326/2/reason-of-cancel-kept',
    clause: 'RFC 3326 §2',
    level: 'SHOULD',
    asks: 'A proxy that cancels because it was cancelled puts the Reason of the CANCEL it got into its own.',
    does: 'Cancels a call that rings, with Reason: SIP;cause=200;text="Call completed elsewhere", and looks for it at the device.',
    needs: ['registrar', 'proxy'],
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const [arrived] = await arrivals(ringing);
      await rings(ringing, ringing.devices[0]!, arrived!);
      cancel(ringing, 'Reason: SIP;cause=200;text="Call completed elsewhere"');
      const came = await cancelled(ringing.devices[0]!, arrived!);
      await precondition('the CANCEL is answered', () => ringing.caller.expect('SIP/2.0 200'));
      await precondition('the call ends', () => refusedWith(ringing, 487));
      equal('the Reason', came.header('Reason'), 'SIP;cause=200;text="Call completed elsewhere"');
    },
  },
  {
    id: 'IM-1/rfc3261/7.3.3/compact-forms',
    clause: 'RFC 3261 §7.3.3',
    level: 'SHALL',
    asks: 'The short forms of header names are taken as the long ones are.',
    does: 'Sends a MESSAGE with v, f, t, i, c and l, which must arrive with its body.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const names = { Via: 'v', From: 'f', To: 't', 'Call-ID': 'i', 'Content-Type': 'c', 'Content-Length': 'l' };
      const template = Object.entries(names).reduce((text, [long, short]) => text.replace(`  ${long}:`, `  ${short}:`), message);
      equal('the body', (await arrives(context, template)).body, 'Watson, come here.\r\n');
    },
  },
  {
    id: 'IM-1/rfc3261/7.3.1/folded-and-spaced-fields',
    clause: 'RFC 3261 §7.3.1',
    level: 'SHALL',
    asks: 'Header fields may be folded over lines, have white space around the colon, and names in any case.',
    does: 'Sends a MESSAGE with From folded, tO in other case, white space before colons; it must arrive.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const template = message.replace('From: <{aor}>;tag', 'FROM  :\n    <{aor}>\n   ;tag').replace('To: ', 'tO\t:  ').replace('CSeq: {cseq} MESSAGE', 'cseq :{cseq}   MESSAGE');
      equal('the body', (await arrives(context, template)).body, 'Watson, come here.\r\n');
    },
  },
  {
    id: 'IM-1/rfc3261/19.1.4/escaped-user-reached',
    clause: 'RFC 3261 §19.1.4, §10.3 (5)',
    level: 'SHALL',
    asks: 'A URI with its user part escaped and its host in other case is the same address-of-record.',
    does: 'Sends a MESSAGE to the recipient with the first letter as %XX and the domain in capitals; it must arrive.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [scheme, user, domain] = context.users[1]!.aor.split(/[:@]/);
      const recipient = `${scheme}:%${user!.charCodeAt(0).toString(16)}${user!.slice(1)}@${domain!.toUpperCase()}`;
      await arrives(context, message, { recipient });
    },
  },
  {
    id: 'IM-1/rfc3261/16.4/own-route-removed',
    clause: 'RFC 3261 §16.4',
    level: 'SHALL',
    asks: 'A Route value that names the proxy itself is taken away before the request goes on.',
    does: 'Sends a MESSAGE with a Route that names the domain, which must arrive without it.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const arrived = await arrives(context, message.replace('Max-Forwards: 70', 'Max-Forwards: 70\n  Route: <sip:{domain};lr>'));
      check(!arrived.headers('Route').some((value) => value.includes(`sip:${context.domain};lr`)), 'the Route of the domain is still there');
    },
  },
  {
    id: 'IM-1/rfc3261/16.6/max-forwards-added',
    clause: 'RFC 3261 §16.6 (3)',
    level: 'SHALL',
    asks: 'A request without Max-Forwards is given one, 70 or thereabouts.',
    does: 'Sends a MESSAGE without Max-Forwards; expects one at the recipient, 1 to 255.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const left = (await arrives(context, message.replace('  Max-Forwards: 70\n', ''))).header('Max-Forwards') ?? '';
      check(/^\d+$/.test(left) && Number(left) > 0 && Number(left) < 256, `Max-Forwards is ${JSON.stringify(left)} at the recipient`);
    },
  },
  {
    id: 'IM-1/rfc3261/16.6/via-added',
    clause: 'RFC 3261 §16.6 (8), §8.1.1.7',
    level: 'SHALL',
    asks: 'A proxy puts its own Via on top, with a branch that begins with z9hG4bK, and leaves those below.',
    does: 'Sends a MESSAGE and looks at the Via values at the recipient.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const arrived = await delivered(await registered(context, from!), await registered(context, to!), to!);
      const branches = arrived.headers('Via').flatMap((value) => value.split(/,\s*(?=SIP)/)).map((via) => parameter(via, 'branch') ?? '');
      check(branches.length > 1, 'there is one Via at the recipient: that of the proxy or that of the sender is missing');
      for (const branch of branches) check(branch.startsWith('z9hG4bK'), `a branch is ${JSON.stringify(branch)}`);
      check(new Set(branches).size === branches.length, 'two Via values have one branch');
    },
  },
  {
    id: 'IM-1/rfc3581/4/rport-filled',
    clause: 'RFC 3581 §4',
    level: 'SHALL',
    asks: 'Where a Via asks for it with rport, the response says the port and address the request came from.',
    does: 'Sends an OPTIONS with rport over UDP, with a Via that names another port; expects both at the port it came from.',
    needs: ['sip-udp'],
    users: 0,
    run: async ({ sip }) => {
      const peer = await sip({ transport: 'udp' });
      const via = viaOf(await peer.request(options.replace('{localHost}:{localPort}', '{localHost}:9')));
      equal('the rport', parameter(via, 'rport'), String(peer.localPort));
      check(parameter(via, 'received') !== undefined, 'the Via has rport and no received (RFC 3581 §4: MUST)');
    },
  },
  {
    id: 'IM-1/rfc3261/18.2.1/received-added',
    clause: 'RFC 3261 §18.2.1',
    level: 'SHALL',
    asks: 'Where the Via of a request names a host by its name, the address it came from is added as received.',
    does: 'Sends an OPTIONS over UDP with a Via that names conformance.invalid, and rport; looks at received.',
    needs: ['sip-udp'],
    users: 0,
    run: async ({ sip }) => {
      const peer = await sip({ transport: 'udp' });
      const via = viaOf(await peer.request(options.replace('{localHost}:{localPort}', 'conformance.invalid:{localPort}')));
      check(/^[\d.]+$|^[[\]\w:.]+$/.test(parameter(via, 'received') ?? ''), 'the Via has no received');
    },
  },
  {
    id: 'IM-1/rfc3261/8.2.6.2/response-copies',
    clause: 'RFC 3261 §8.2.6.2',
    level: 'SHALL',
    asks: 'From, Call-ID, CSeq and every Via of a response are those of its request, in their order, and its To has a tag.',
    does: 'Sends an OPTIONS with two Via values, one of them of a proxy before it, and compares the 200.',
    needs: [],
    users: 0,
    run: async ({ sip }) => {
      const peer = await sip();
      const second = 'SIP/2.0/UDP 192.0.2.5:5070;branch=z9hG4bKbefore;x=y';
      const text = options.replace('Max-Forwards', `Via: ${second}\n  Max-Forwards`).replace('From: <', 'From: "A. Probe" <');
      const response = await peer.request(text, { callId: 'CaSe.Sensitive@conformance.invalid', cseq: '4711' });
      const vias = response.headers('Via').flatMap((value) => value.split(/,\s*(?=SIP)/));
      equal('the second Via', vias[1], second);
      equal('the Call-ID', response.header('Call-ID'), 'CaSe.Sensitive@conformance.invalid');
      equal('the CSeq', response.header('CSeq'), '4711 OPTIONS');
      check(response.header('From')?.startsWith('"A. Probe" <') === true, 'the From is not that of the request');
      check(parameter(response.header('To'), 'tag') !== undefined, 'the To of the 200 has no tag');
    },
  },
];

function viaOf(response: SipMessage): string {
  equal('the status', response.status, 200);
  return response.header('Via') ?? '';
}
