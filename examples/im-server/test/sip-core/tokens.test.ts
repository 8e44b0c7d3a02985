import { describe, expect, it } from 'vitest';
import { buildRequest, type SipRequest } from '@simple-im/sip';
import { OwnAddresses } from '../../src/sip-core/own-addresses.js';
import { takeNextHop, takeOwnRoutes } from '../../src/sip-core/route-processing.js';
import { Tokens, type FlowReference } from '../../src/sip-core/tokens.js';

const tokens = new Tokens(new Uint8Array(32).fill(1), 'node1');
const others = new Tokens(new Uint8Array(32).fill(2), 'node1');
const own = new OwnAddresses('example.com', [{ transport: 'UDP', host: '10.0.0.1', port: 5060 }, { transport: 'TCP', host: '10.0.0.1', port: 5060 }]);
const alice: FlowReference = { id: 'TCP/x/1', transport: 'TCP', host: '10.0.0.2', port: 4000 };
const bob: FlowReference = { id: 'UDP/a/b', transport: 'UDP', host: '2001:db8::1', port: 5060 };
const dialog = { callId: 'call', callerTag: 'a' };

describe('flow tokens (RFC 5626 §5.2)', () => {
  it('give back what was sealed', () => {
    expect(tokens.readPath(tokens.path(bob))).toEqual({ node: 'node1', flow: bob });
    expect(tokens.readRoute(dialog, tokens.route(dialog, alice, undefined))).toEqual({ node: 'node1', caller: alice, callee: undefined });
    expect(tokens.path(bob)).toMatch(/^[\w.-]+$/);
  });

  it('are refused when an octet differs, cut or lengthened', () => {
    const token = tokens.path(alice);
    for (let at = 0; at < token.length; at++) {
      const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      // The last character of base64url may hold bits that are not part of the octets.
      if (Buffer.from(forged.split('.')[2] ?? '', 'base64url').equals(Buffer.from(token.split('.')[2] ?? '', 'base64url')) && at === token.length - 1) continue;
      expect(tokens.readPath(forged)).toBeUndefined();
    }
    for (const forged of ['', 'p', 'p.', 'p..', token.slice(0, -2), `${token}AA`, `${token}.x`, 'im-server']) expect(tokens.readPath(forged)).toBeUndefined();
  });

  it('are refused with another key, in another dialog, from another caller, and as another kind', () => {
    const route = tokens.route(dialog, alice, bob);
    expect(others.readRoute(dialog, route)).toBeUndefined();
    expect(tokens.readRoute({ ...dialog, callId: 'other' }, route)).toBeUndefined();
    expect(tokens.readRoute({ ...dialog, callerTag: 'b' }, route)).toBeUndefined();
    expect(tokens.readPath(route)).toBeUndefined();
    expect(tokens.readRoute(dialog, tokens.path(alice))).toBeUndefined();
    expect(tokens.readPath(`p${route.slice(1)}`)).toBeUndefined();
  });
});

function within(route: readonly string[], { uri = 'sip:bob@10.0.0.3', from = 'a', to = 'b', callId = 'call' } = {}): SipRequest {
  return buildRequest({ method: 'BYE', uri, from: `<sip:x@example.com>;tag=${from}`, to: `<sip:y@example.com>;tag=${to}`, callId, cseq: 2, routes: route });
}

describe('Route preprocessing (RFC 3261 §16.4)', () => {
  const ours = `<${own.uri(tokens.route(dialog, alice, bob), 'UDP', ';lr')}>`;

  it('takes our Route away, both of them where transports differ (RFC 5658 §3), and leaves the rest', () => {
    const request = within([`<${own.uri(tokens.route(dialog, alice, bob), 'TCP', ';lr')}>`, ours, '<sip:next.example;lr>']);
    expect(takeOwnRoutes(request, own, tokens)).toEqual({ sealed: true, next: bob });
    expect(request.headers.all('Route')).toEqual(['<sip:next.example;lr>']);
  });

  it('tells the direction by the caller\'s tag, not by where the request came from', () => {
    expect(takeOwnRoutes(within([ours]), own, tokens).next).toEqual(bob);
    expect(takeOwnRoutes(within([ours], { from: 'b', to: 'a' }), own, tokens).next).toEqual(alice);
  });

  it('takes a pre-loaded or foreign-sealed Route away without trusting it', () => {
    for (const route of ['<sip:example.com;lr>', '<sip:10.0.0.1;lr>', `<${own.uri(others.route(dialog, alice, bob), 'UDP', ';lr')}>`]) {
      const request = within([route]);
      expect(takeOwnRoutes(request, own, tokens)).toEqual({ sealed: false, next: undefined });
      expect(request.routes).toHaveLength(0);
    }
    expect(takeOwnRoutes(within([ours], { callId: 'another' }), own, tokens).sealed).toBe(false);
  });

  it('does not take the Route of a neighbour: host, port and transport together make us', () => {
    for (const route of ['<sip:10.0.0.1:5070;lr>', '<sip:10.0.0.1;transport=tls;lr>', '<sips:10.0.0.1;lr>']) {
      const request = within([route]);
      takeOwnRoutes(request, own, tokens);
      expect(request.headers.all('Route')).toEqual([route]);
    }
    const same = within(['<sip:10.0.0.1;transport=TcP;lr>']);
    takeOwnRoutes(same, own, tokens);
    expect(same.routes).toHaveLength(0);
  });

  it('undoes what a strict router did: our URI in the request line, the real one last in Route', () => {
    const request = within(['<sip:next.example;lr>', '<sip:bob@10.0.0.3>'], { uri: ours.slice(1, -1) });
    expect(takeOwnRoutes(request, own, tokens)).toEqual({ sealed: true, next: bob });
    expect(request.uri).toBe('sip:bob@10.0.0.3');
    expect(request.headers.all('Route')).toEqual(['<sip:next.example;lr>']);
  });
});

describe('the next hop (RFC 3261 §16.6 step 6)', () => {
  it('is the first Route if it is a loose router, else the Request-URI', () => {
    const loose = within(['<sip:next.example;lr>']);
    expect(takeNextHop(loose)).toBe('sip:next.example;lr');
    expect(loose.uri).toBe('sip:bob@10.0.0.3');
    expect(takeNextHop(within([]))).toBe('sip:bob@10.0.0.3');
  });

  it('is a strict router with its own URI in the request line and the real one last in Route', () => {
    const strict = within(['<sip:strict.example>', '<sip:last.example;lr>']);
    expect(takeNextHop(strict)).toBe('sip:strict.example');
    expect(strict.uri).toBe('sip:strict.example');
    expect(strict.headers.all('Route')).toEqual(['<sip:last.example;lr>', '<sip:bob@10.0.0.3>']);
  });
});
