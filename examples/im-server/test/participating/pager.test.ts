import { describe, expect, it } from 'vitest';
import { ProtocolError } from '@simple-im/grammar';
import { buildRequest, respondTo, sipErrors, type SipRequest } from '@simple-im/sip';
import { scene } from './core.js';

function message(): SipRequest {
  return buildRequest({
    method: 'MESSAGE',
    uri: 'sip:bob@example.com',
    cseq: 1,
    callId: 'm-1',
    from: '<sip:alice@example.com>;tag=a1',
    to: '<sip:bob@example.com>',
    headers: [['P-Asserted-Identity', '<sip:alice@example.com>']],
    contentType: 'text/plain',
    body: new Uint8Array([104, 105]),
  });
}

describe('a MESSAGE at the IM server', () => {
  it('goes back to the core untouched, and only the end answers it (RFC 3428 §7)', async () => {
    const { receive, core, metrics } = await scene();
    const request = message();
    const exchange = await receive(request, 'terminating', 'sip:bob@example.com');
    const [sent] = core.sent;
    expect([sent?.request, sent?.originalDialog, exchange.statuses]).toEqual([request, 'od-terminating', []]);
    sent?.handlers.response(respondTo(request, 202));
    expect(exchange.statuses).toEqual([202]);
    expect(metrics.values.get('im_policy_evaluations_total terminating pager admitted')).toBe(1);
  });

  it('is 480, never 408, when nothing comes back (RFC 4320 §4.2)', async () => {
    const { receive, core } = await scene();
    const exchange = await receive(message(), 'originating', 'sip:alice@example.com');
    core.sent[0]?.handlers.failed(new ProtocolError('SIP_TIMEOUT', sipErrors.SIP_TIMEOUT));
    expect(exchange.statuses).toEqual([480]);
  });

  it('is refused as admission says', async () => {
    const { receive, core } = await scene({
      admission: { admit: async ({ mode }) => ({ admitted: false, status: 403, reason: `No ${mode}` }) },
    });
    const exchange = await receive(message(), 'terminating', 'sip:bob@example.com');
    expect([exchange.last.status, exchange.last.reason, core.sent.length]).toEqual([403, 'No pager', 0]);
  });
});
