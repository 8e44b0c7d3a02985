/* The 18 steps of the architecture's session flow as docs/profile.md maps them, over real sockets. */
import { beforeAll, describe, expect, it } from 'vitest';
import { bob, converse, player, stageConfig, tom } from '../src/demo/conversation.js';
import type { TraceEntry } from '../src/index.js';
import { started } from './arrangements.js';

interface Step {
  readonly step: number;
  readonly user: string;
  /** As the server sees it. */
  readonly direction: 'in' | 'out';
  readonly protocol: 'SIP' | 'MSRP';
  readonly title: RegExp;
}

const steps: readonly Step[] = [
  { step: 2, user: bob.aor, direction: 'in', protocol: 'SIP', title: /^INVITE$/ },
  { step: 3, user: tom.aor, direction: 'out', protocol: 'SIP', title: /^INVITE$/ },
  { step: 4, user: tom.aor, direction: 'in', protocol: 'MSRP', title: /^SEND$/ },
  { step: 5, user: bob.aor, direction: 'in', protocol: 'MSRP', title: /^SEND$/ },
  { step: 6, user: tom.aor, direction: 'out', protocol: 'MSRP', title: /^200/ },
  { step: 7, user: tom.aor, direction: 'in', protocol: 'SIP', title: /^200 \(INVITE\)$/ },
  { step: 8, user: bob.aor, direction: 'out', protocol: 'SIP', title: /^200 \(INVITE\)$/ },
  { step: 9, user: bob.aor, direction: 'in', protocol: 'SIP', title: /^ACK$/ },
  { step: 10, user: tom.aor, direction: 'out', protocol: 'SIP', title: /^ACK$/ },
  { step: 11, user: bob.aor, direction: 'in', protocol: 'MSRP', title: /^SEND 1-/ },
  { step: 11.5, user: tom.aor, direction: 'out', protocol: 'MSRP', title: /^SEND 1-/ },
  { step: 12, user: tom.aor, direction: 'in', protocol: 'MSRP', title: /^200/ },
  { step: 13, user: tom.aor, direction: 'in', protocol: 'MSRP', title: /^SEND 1-/ },
  { step: 13.5, user: bob.aor, direction: 'out', protocol: 'MSRP', title: /^SEND 1-/ },
  { step: 14, user: bob.aor, direction: 'in', protocol: 'MSRP', title: /^200/ },
  { step: 15, user: bob.aor, direction: 'in', protocol: 'SIP', title: /^BYE$/ },
  { step: 16, user: tom.aor, direction: 'out', protocol: 'SIP', title: /^BYE$/ },
  { step: 17, user: tom.aor, direction: 'in', protocol: 'SIP', title: /^200 \(BYE\)$/ },
  { step: 18, user: bob.aor, direction: 'out', protocol: 'SIP', title: /^200 \(BYE\)$/ },
];

/** What must come before what; the rest may cross on the wire. */
const order: readonly (readonly number[])[] = [
  [2, 3, 7, 8, 9], [7, 10], [3, 4, 6], [8, 5], [5, 11], [4, 11.5], [11, 11.5, 12], [13, 13.5, 14], [14, 15], [15, 16, 17], [15, 18],
];

describe.each(['udp', 'tcp'] as const)('spec 003 over %s', (transport) => {
  const trace: TraceEntry[] = [];
  const at = new Map<number, number>();

  beforeAll(async () => {
    const server = await started(stageConfig(transport));
    const host = player(server, bob);
    const guest = player(server, tom);
    const answered = new Promise<void>((resolve) => {
      server.trace.listen('*', (entry) => {
        trace.push(entry);
        if (entry.user === tom.aor && entry.title === '200 (BYE)') resolve();
      });
    });
    await converse(host, guest, { scene: () => {} });
    await answered;
    await Promise.all([host.client.close(), guest.client.close()]);
    await server.close();
    // The first attempt of the INVITE is challenged; the flow begins with the one that is not.
    const begin = trace.findLastIndex((entry) => entry.user === bob.aor && entry.direction === 'in' && entry.title === 'INVITE');
    for (const { step, user, direction, protocol, title } of steps) {
      at.set(step, trace.findIndex((entry, index) => index >= begin && entry.user === user && entry.direction === direction && entry.protocol === protocol && title.test(entry.title)));
    }
  });

  it.each(steps)('step $step: $protocol $title, $direction, $user', ({ step }) => {
    expect(at.get(step)).toBeGreaterThanOrEqual(0);
  });

  it.each(order.map((sequence) => [sequence.join(' before '), sequence] as const))('step %s', (_name, sequence) => {
    const positions = sequence.map((step) => at.get(step) ?? -1);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  it('carries no credential and no body in the trace', () => {
    const heads = trace.map((entry) => entry.head).join('\n');
    expect(heads).not.toMatch(/nonce=|response=|Hello Tom|Are you there/);
    expect(heads).toContain('Proxy-Authorization: [redacted]');
  });

  it('never invents a 200: Bob\'s MESSAGE is answered after Tom\'s answer (RFC 3428 §7)', () => {
    const toms = trace.findIndex((entry) => entry.user === tom.aor && entry.direction === 'in' && entry.title === '200 (MESSAGE)');
    const bobs = trace.findIndex((entry) => entry.user === bob.aor && entry.direction === 'out' && entry.title === '200 (MESSAGE)');
    expect(toms).toBeGreaterThanOrEqual(0);
    expect(bobs).toBeGreaterThan(toms);
  });
});
