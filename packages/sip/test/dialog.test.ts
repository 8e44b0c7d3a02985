import { describe, expect, it } from 'vitest';
import { Dialog, SipResponse, buildRequest, dialogTable, respondTo } from '../src/index.js';
import type { SipRequest } from '../src/index.js';

function invite(headers: [string, string][] = []): SipRequest {
  return buildRequest({
    method: 'INVITE', uri: 'sip:bob@example.com', from: '"A" <sip:alice@example.com>;tag=a', to: '<sip:bob@example.com>', callId: 'call', cseq: 31,
    headers: [['Contact', '<sip:alice@192.0.2.1>'], ...headers],
  });
}

function answer(request: SipRequest, status: number, headers: [string, string][] = [['Contact', '<sip:bob@192.0.2.2>']], toTag = 'b'): SipResponse {
  return respondTo(request, status, { toTag, headers });
}

const routed: [string, string][] = [['Record-Route', '<sip:p2.example.com;lr>, <sip:p1.example.com;lr;x=1>']];

describe('creation of a dialog (RFC 3261 §12.1)', () => {
  it('takes the state from the response at the UAC, the route set in reverse order (§12.1.2)', () => {
    const request = invite();
    const dialog = Dialog.uac(request, answer(request, 200, [['Contact', '<sip:bob@192.0.2.2>'], ...routed]));
    expect(dialog).toMatchObject({
      state: 'confirmed', callId: 'call', localTag: 'a', remoteTag: 'b', localSeq: 31, remoteSeq: undefined, remoteTarget: 'sip:bob@192.0.2.2',
      localUri: 'sip:alice@example.com', remoteUri: 'sip:bob@example.com', secure: false,
      routeSet: ['sip:p1.example.com;lr;x=1', 'sip:p2.example.com;lr'],
    });
  });

  it('takes the state from the request at the UAS, the route set in order (§12.1.1)', () => {
    const request = invite(routed);
    const dialog = Dialog.uas(request, answer(request, 180));
    expect(dialog).toMatchObject({
      state: 'early', localTag: 'b', remoteTag: 'a', localSeq: undefined, remoteSeq: 31, remoteTarget: 'sip:alice@192.0.2.1',
      localUri: 'sip:bob@example.com', remoteUri: 'sip:alice@example.com', routeSet: ['sip:p2.example.com;lr', 'sip:p1.example.com;lr;x=1'],
    });
  });

  it('is refused for 100, failures, a 1xx without tag, and a request without Contact', () => {
    const request = invite();
    for (const status of [100, 300, 486]) expect(() => Dialog.uac(request, answer(request, status))).toThrow(/makes no dialog/);
    expect(() => Dialog.uac(request, new SipResponse(180, 'Ringing', request.headers))).toThrow(/To tag/);
    const bare = invite();
    bare.headers.delete('Contact');
    expect(() => Dialog.uas(bare, answer(bare, 200))).toThrow(expect.objectContaining({ code: 'SIP_MISSING_HEADER' }));
  });
});

describe('requests in a dialog (RFC 3261 §12.2.1.1)', () => {
  it('count up by one, with the tags and URIs of the dialog, to the remote target', () => {
    const request = invite();
    const dialog = Dialog.uac(request, answer(request, 200));
    const [one, two] = [dialog.request('INFO'), dialog.request('BYE')];
    expect(one).toMatchObject({ uri: 'sip:bob@192.0.2.2', callId: 'call', fromTag: 'a', toTag: 'b', cseq: { number: 32, method: 'INFO' } });
    expect(two.cseq?.number).toBe(33);
    expect(one.headers.has('Route')).toBe(false);
  });

  it('carry the route set when its first router is loose', () => {
    const request = invite();
    const dialog = Dialog.uac(request, answer(request, 200, [['Contact', '<sip:bob@192.0.2.2>'], ...routed]));
    const info = dialog.request('INFO');
    expect(info.uri).toBe('sip:bob@192.0.2.2');
    expect(info.headers.list('Route')).toEqual(['<sip:p1.example.com;lr;x=1>', '<sip:p2.example.com;lr>']);
  });

  it('go to the first router when it is strict, the remote target last (the example of §12.2.1.1)', () => {
    const request = invite([['Record-Route', '<sip:proxy1>,<sip:proxy2>,<sip:proxy3;lr>,<sip:proxy4>']]);
    request.headers.set('Contact', '<sip:user@remoteua>');
    const info = Dialog.uas(request, answer(request, 200)).request('INFO');
    expect(info.uri).toBe('sip:proxy1');
    expect(info.headers.list('Route')).toEqual(['<sip:proxy2>', '<sip:proxy3;lr>', '<sip:proxy4>', '<sip:user@remoteua>']);
  });

  it('put no method parameter or header fields into the Request-URI of a strict router (§19.1.1)', () => {
    const request = invite([['Record-Route', '<sip:proxy1;method=INVITE;x=1?Subject=hi>']]);
    expect(Dialog.uas(request, answer(request, 200)).request('INFO').uri).toBe('sip:proxy1;x=1');
  });

  it('acknowledge with the CSeq number and the credentials of the INVITE (§13.2.2.4)', () => {
    const request = invite([['Authorization', 'Digest username="a"'], ['Proxy-Authorization', 'Digest username="p"']]);
    const dialog = Dialog.uac(request, answer(request, 200));
    dialog.request('INFO');
    const ack = dialog.ack(request);
    expect(ack.cseq).toEqual({ number: 31, method: 'ACK' });
    expect([ack.headers.get('Authorization'), ack.headers.get('Proxy-Authorization')]).toEqual(['Digest username="a"', 'Digest username="p"']);
  });
});

describe('what the peer sends in a dialog', () => {
  it('counts up, gaps allowed; a lower number is SIP_CSEQ_OUT_OF_ORDER with 500 (§12.2.2)', () => {
    const request = invite();
    const dialog = Dialog.uas(request, answer(request, 200));
    const info = invite();
    info.headers.set('CSeq', '40 INFO');
    dialog.receive(info);
    expect(dialog.remoteSeq).toBe(40);
    expect(() => dialog.receive(request)).toThrow(expect.objectContaining({ code: 'SIP_CSEQ_OUT_OF_ORDER', status: 500 }));
    expect(dialog.remoteSeq).toBe(40);
  });

  it('changes the remote target when it is accepted, never the route set (§12.2)', () => {
    const request = invite(routed);
    const dialog = Dialog.uas(request, answer(request, 200));
    const again = invite([['Record-Route', '<sip:other;lr>']]);
    again.headers.set('Contact', '<sip:alice@192.0.2.99>');
    dialog.receive(again);
    expect(dialog.remoteTarget).toBe('sip:alice@192.0.2.1');
    dialog.refresh(again);
    expect(dialog.remoteTarget).toBe('sip:alice@192.0.2.99');
    expect(dialog.routeSet).toHaveLength(2);
  });

  it('confirms an early dialog with a route set computed anew (§13.2.2.4)', () => {
    const request = invite();
    const dialog = Dialog.uac(request, answer(request, 180));
    dialog.request('INFO');
    dialog.update(answer(request, 200, [['Contact', '<sip:bob@192.0.2.3>'], ...routed]));
    expect(dialog).toMatchObject({ state: 'confirmed', remoteTarget: 'sip:bob@192.0.2.3', localSeq: 32 });
    expect(dialog.routeSet).toHaveLength(2);
  });
});

describe('the dialog table', () => {
  const ways: Record<string, (request: SipRequest, dialog: Dialog) => void> = {
    '1xx': (request, dialog) => dialog.update(answer(request, 183)),
    '2xx': (request, dialog) => dialog.update(answer(request, 200)),
    '300-699': (request, dialog) => dialog.update(answer(request, 486)),
    refresh: (request, dialog) => dialog.refresh(request),
    BYE: (_, dialog) => dialog.bye(),
    gone: (_, dialog) => dialog.gone(),
  };

  it('holds for every state and event', () => {
    for (const [state, status] of [['early', 180], ['confirmed', 200]] as const) {
      for (const [input, feed] of Object.entries(ways)) {
        const request = invite();
        const dialog = Dialog.uac(request, answer(request, status));
        feed(request, dialog);
        const rows = dialogTable.states[state] as Record<string, { next: string } | undefined>;
        expect([state, input, dialog.state]).toEqual([state, input, rows[input]?.next ?? state]);
        if (dialog.state === 'terminated') expect(() => dialog.request('INFO')).toThrow(expect.objectContaining({ code: 'SIP_DIALOG_ENDED' }));
      }
    }
  });
});
