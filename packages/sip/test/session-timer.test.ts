import { codeOf } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import {
  buildRequest, readMinSe, readSessionExpires, respondTo, SessionTimer, type SessionTimerOptions, type SipRequest, type SipResponse,
} from '../src/index.js';

type Fields = readonly (readonly [string, string])[];

function invite(headers: Fields = [], supported = true): SipRequest {
  const all = supported ? [['Supported', 'timer'] as const, ...headers] : headers;
  const [from, to] = ['<sip:a@example.com>;tag=1', '<sip:b@example.com>'];
  return buildRequest({ method: 'INVITE', uri: 'sip:b@example.com', from, to, callId: 'c', cseq: 1, headers: all });
}

function response(request: SipRequest, status: number, headers: Fields = []): SipResponse {
  return respondTo(request, status, { toTag: '2', headers });
}

const se = (value: string) => ['Session-Expires', value] as const;
const minSe = (value: number) => ['Min-SE', String(value)] as const;

/** A timer that has asked and had this answer, at 0. */
function asked(options: SessionTimerOptions, answer: Fields): SessionTimer {
  const timer = new SessionTimer(options);
  const request = invite(timer.requestFields());
  timer.answered(request, response(request, 200, answer), 0);
  return timer;
}

/** When the timer next does something, and what. */
function next(timer: SessionTimer): [number | undefined, string | undefined] {
  const at = timer.deadline;
  return [at, at === undefined ? undefined : timer.wake(at)];
}

describe('Session-Expires and Min-SE (RFC 4028 §4, §5)', () => {
  it('reads seconds and refresher', () => {
    expect(readSessionExpires(invite([se('1800;refresher=uac')]).headers)).toEqual({ interval: 1800, refresher: 'uac' });
    expect(readSessionExpires(invite([['x', '90 ; refresher = UAS']]).headers)).toEqual({ interval: 90, refresher: 'uas' });
    expect(readSessionExpires(invite([se('90;refresher=third')]).headers)).toEqual({ interval: 90, refresher: undefined });
    expect(readMinSe(invite([['Min-SE', '90;generic=1']]).headers)).toBe(90);
    expect([readSessionExpires(invite().headers), readMinSe(invite().headers)]).toEqual([undefined, undefined]);
  });

  it.each(['', 'soon', '-1', '1.5', '90;;'])('refuses %j', (value) => {
    expect(codeOf(() => readSessionExpires(invite([se(value)]).headers))).toBe('SIP_BAD_HEADER');
  });

  it('refuses more seconds than 2^32-1', () => {
    expect(codeOf(() => readSessionExpires(invite([se('4294967296')]).headers))).toBe('SIP_OUT_OF_RANGE');
    expect(codeOf(() => readMinSe(invite([['Min-SE', '99999999999']]).headers))).toBe('SIP_OUT_OF_RANGE');
  });
});

describe('the asking side (RFC 4028 §7)', () => {
  it('asks for the interval wanted and leaves the refresher open at first (§7.1)', () => {
    expect(new SessionTimer({ interval: 1800 }).requestFields()).toEqual([['Session-Expires', '1800']]);
    expect(new SessionTimer().requestFields()).toEqual([]);
  });

  it('refreshes at half of the interval when it is the refresher (§7.2)', () => {
    expect(next(asked({ interval: 1800 }, [se('1200;refresher=uac'), ['Require', 'timer']]))).toEqual([600_000, 'send refresh']);
  });

  it('sends BYE min(32 s, a third) before the session expires when the peer does not refresh (§10)', () => {
    expect(next(asked({ interval: 1800 }, [se('1800;refresher=uas')]))).toEqual([1_768_000, 'send BYE']);
    expect(next(asked({ interval: 90 }, [se('90;refresher=uas')]))).toEqual([60_000, 'send BYE']);
  });

  it('goes on alone when the peer does not know the extension (§7.2)', () => {
    expect(next(asked({ interval: 600 }, []))).toEqual([300_000, 'send refresh']);
  });

  it('takes a timer that was not asked for (§7.2)', () => {
    expect(next(asked({}, [se('600;refresher=uac'), ['Require', 'timer']]))).toEqual([300_000, 'send refresh']);
  });

  it('has none when nobody wants one, and when a later 2xx says so (§7.2)', () => {
    const timer = asked({}, []);
    expect([timer.state, timer.deadline]).toEqual(['off', undefined]);
    const turned = asked({}, [se('600;refresher=uac')]);
    turned.answered(invite(), response(invite(), 200), 1000);
    expect([turned.state, turned.deadline, turned.interval]).toEqual(['off', undefined, undefined]);
  });

  it('tries again after 422 with the Min-SE it names, once for each (§7.3, §7.4)', () => {
    const timer = new SessionTimer({ interval: 100 });
    const request = invite(timer.requestFields());
    expect(timer.refused(response(request, 422, [minSe(300)]))).toBe(true);
    expect(timer.requestFields()).toEqual([['Min-SE', '300'], ['Session-Expires', '300']]);
    expect(timer.refused(response(request, 422, [minSe(300)]))).toBe(false);
    expect(timer.refused(response(request, 422))).toBe(false);
    expect(timer.refused(response(request, 488, [minSe(900)]))).toBe(false);
  });

  it('asks to keep interval and roles in a refresh (§7.4)', () => {
    expect(asked({ interval: 1800 }, [se('600;refresher=uac')]).requestFields()).toEqual([['Session-Expires', '600;refresher=uac']]);
    expect(asked({ interval: 1800 }, [se('600;refresher=uas')]).requestFields()).toEqual([['Session-Expires', '600;refresher=uas']]);
  });

  it('carries the largest Min-SE of a request that came in the dialog (§7.4)', () => {
    const timer = asked({ interval: 1800 }, [se('600;refresher=uas')]);
    timer.requested(invite([minSe(700)]));
    timer.requested(invite([minSe(120)]));
    expect(timer.requestFields()).toEqual([['Min-SE', '700'], ['Session-Expires', '700;refresher=uas']]);
  });

  it('counts anew from every 2xx (§7.2)', () => {
    const timer = asked({ interval: 600 }, [se('600;refresher=uac')]);
    expect(timer.wake(300_000)).toBe('send refresh');
    const request = invite(timer.requestFields());
    timer.answered(request, response(request, 200, [se('600;refresher=uac')]), 301_000);
    expect(next(timer)).toEqual([601_000, 'send refresh']);
  });

  it('sends BYE before the expiry that a failed refresh did not move (§10)', () => {
    const timer = asked({ interval: 600 }, [se('600;refresher=uac')]);
    timer.wake(300_000);
    timer.failed();
    expect(next(timer)).toEqual([568_000, 'send BYE']);
  });

  it('does not refresh without a pause for a peer that says 1 s (§4)', () => {
    expect(asked({ interval: 600 }, [se('1;refresher=uac')]).deadline).toBe(45_000);
    expect(asked({ interval: 600 }, [se('0;refresher=uas')]).deadline).toBe(60_000);
  });

  it('does nothing before its deadline, twice, or after its end', () => {
    const timer = asked({ interval: 600 }, [se('600;refresher=uac')]);
    expect([timer.wake(299_999), timer.wake(300_000), timer.wake(300_000)]).toEqual([undefined, 'send refresh', undefined]);
    timer.stop();
    expect([timer.deadline, timer.wake(1e9)]).toEqual([undefined, undefined]);
  });
});

describe('the answering side (RFC 4028 §9)', () => {
  const answer = (options: SessionTimerOptions, request: SipRequest) => {
    const timer = new SessionTimer(options);
    return { fields: timer.answer(request, 0), state: timer.state };
  };
  const required = ['Require', 'timer'] as const;

  it.each([
    ['no support, none', false, '600', [se('600;refresher=uas')], 'refresher'],
    ['support, none', true, '600', [se('600;refresher=uac'), required], 'watching'],
    ['support, uac', true, '600;refresher=uac', [se('600;refresher=uac'), required], 'watching'],
    ['support, uas', true, '600;refresher=uas', [se('600;refresher=uas'), required], 'refresher'],
  ])('chooses the refresher by table 2: %s', (_, supported, value, fields, state) => {
    expect(answer({}, invite([se(value)], supported))).toEqual({ fields, state });
  });

  it('refreshes itself where it prefers to and the peer leaves it open (table 2, fourth row)', () => {
    expect(answer({ prefer: 'local' }, invite([se('600')]))).toEqual({ fields: [se('600;refresher=uas'), required], state: 'refresher' });
  });

  it('may want a timer that was not asked for, not shorter than Min-SE, but not of a peer without the extension', () => {
    expect(answer({ interval: 300 }, invite()).fields).toEqual([se('300;refresher=uac'), required]);
    expect(answer({ interval: 300 }, invite([minSe(500)])).fields).toEqual([se('500;refresher=uac'), required]);
    expect(answer({ interval: 300 }, invite([], false))).toEqual({ fields: [], state: 'off' });
    expect(answer({}, invite())).toEqual({ fields: [], state: 'off' });
  });

  it('refuses too short an interval with 422 and Min-SE, at least 90, if the peer knows the extension', () => {
    expect(new SessionTimer({ minimum: 300 }).tooShort(invite([se('200')]))).toEqual([['Min-SE', '300']]);
    expect(new SessionTimer({ minimum: 10 }).tooShort(invite([se('89')]))).toEqual([['Min-SE', '90']]);
    expect(new SessionTimer({ minimum: 300 }).tooShort(invite([se('300')]))).toBeUndefined();
    expect(new SessionTimer({ minimum: 300 }).tooShort(invite([se('200')], false))).toBeUndefined();
    expect(new SessionTimer({ minimum: 300 }).tooShort(invite())).toBeUndefined();
  });
});
