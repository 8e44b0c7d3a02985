/* Runs cases side by side, each with users of its own, and hands over the results in the order of the cases. */
import type { CaseContext, ConformanceCase, SipPeerChoice } from './case.js';
import { conformanceError } from './errors.js';
import { ExpectationFailed, PreconditionFailed } from './expectation.js';
import { UserPool } from './lease.js';
import { emptyMailbox } from './mailbox.js';
import { featuresOf, reasonToSkip, type Target } from './profile.js';
import { addressOfMsrp, msrpAddressOf, openMsrp, openRawWebSocket, openSip, sipAddressOf, type OpenOptions } from './open.js';
import { openMsrpEndpoint } from './msrp-endpoint.js';
import { uriHost, type Wire } from './raw-peer.js';
import { MsrpPeer } from './raw-msrp.js';
import { SipPeer, userPart, type User } from './raw-sip.js';
import type { CaseResult } from './result.js';
import { WireLog, type WireEntry } from './wire-log.js';

export interface RunOptions {
  /** Milliseconds every wait is bounded by; 5,000 by default. */
  readonly timeout?: number;
  /** Cases at once; 4 by default. */
  readonly parallel?: number;
  /** Why a case is not to be run, or undefined. */
  readonly skipReason?: (testCase: ConformanceCase) => string | undefined;
  /** Nothing is kept for the users when the run begins; otherwise it is taken before their first case. */
  readonly freshUsers?: boolean;
  /** Called with every result, in the order of the cases. */
  readonly onResult?: (result: CaseResult) => void;
}

/** A case that waits more often than this is in a loop. */
const mostWaits = 20;

/** Runs the cases against a target that is there. Throws CONFORMANCE_HARNESS when a case itself is broken. */
export async function runCases(cases: readonly ConformanceCase[], target: Target, options: RunOptions = {}): Promise<CaseResult[]> {
  const { timeout = 5000, parallel = 4, freshUsers = false, onResult = () => undefined } = options;
  const pool = new UserPool(target.users);
  const mailboxes: Mailboxes = new Set(freshUsers || !featuresOf(target).has('deferred') ? [] : target.users);
  const results: CaseResult[] = Array(cases.length);
  let [started, reported, broken] = [0, 0, false];
  const worker = async (): Promise<void> => {
    while (started < cases.length && !broken) {
      const at = started++;
      results[at] = await oneCase(cases[at]!, target, timeout, { pool, mailboxes }, options);
      for (; results[reported] !== undefined; reported++) onResult(results[reported]!);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: parallel }, () => worker().catch((error: unknown) => {
    broken = true;
    throw error;
  })));
  const failure = ended.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results;
}

/** Users for whom the target may have kept something. */
type Mailboxes = Set<User>;

interface Users {
  readonly pool: UserPool;
  readonly mailboxes: Mailboxes;
}

async function oneCase(
  testCase: ConformanceCase, target: Target, timeout: number, { pool, mailboxes }: Users, options: RunOptions,
): Promise<CaseResult> {
  const reason = options.skipReason?.(testCase) ?? reasonToSkip(target, testCase.needs, testCase.users);
  if (reason !== undefined) return { case: testCase, verdict: 'skip', reason, milliseconds: 0, notes: [], wire: [] };
  const lease = await pool.acquire(testCase.users);
  const began = performance.now();
  const running = new RunningCase(testCase, target, timeout, lease.users, mailboxes);
  try {
    return { ...await running.run(), milliseconds: Math.round(performance.now() - began) };
  } finally {
    lease.release();
  }
}

class RunningCase {
  readonly #case: ConformanceCase;
  readonly #target: Target;
  readonly #timeout: number;
  readonly #users: readonly User[];
  readonly #mailboxes: Mailboxes;
  readonly #log = new WireLog();
  readonly #notes: string[] = [];
  readonly #peers: { close: () => Promise<void> }[] = [];
  #isOver = false;

  constructor(testCase: ConformanceCase, target: Target, timeout: number, users: readonly User[], mailboxes: Mailboxes) {
    this.#mailboxes = mailboxes;
    this.#case = testCase;
    this.#target = target;
    this.#timeout = timeout;
    this.#users = users;
  }

  async run(): Promise<Omit<CaseResult, 'milliseconds'>> {
    await this.#emptyMailboxes();
    await this.#removeBindings('before');
    const verdict = await this.#verdict().finally(() => this.#close());
    if (featuresOf(this.#target).has('deferred') && this.#mayHaveLeft(verdict.verdict)) for (const user of this.#users) this.#mailboxes.add(user);
    await this.#removeBindings('after');
    return { case: this.#case, ...verdict, notes: this.#notes, wire: this.#log.entries };
  }

  async #verdict(): Promise<Pick<CaseResult, 'verdict' | 'reason'>> {
    const limit = (this.#case.slow ?? 0) * 1000 + mostWaits * this.#timeout;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ExpectationFailed(`it did not end within ${limit / 1000} s`)), limit);
    });
    try {
      await Promise.race([this.#case.run(this.#context()), tooLong]);
      return { verdict: 'pass' };
    } catch (error) {
      if (error instanceof ExpectationFailed) return { verdict: 'fail', reason: error.message };
      if (error instanceof PreconditionFailed) return { verdict: 'inconclusive', reason: error.message };
      const reason = error instanceof Error ? error.message : String(error);
      throw conformanceError('CONFORMANCE_HARNESS', { detail: `${this.#case.id}: ${reason}`, cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  #context(): CaseContext {
    const target = this.#target;
    return {
      domain: target.domain,
      users: this.#users,
      timeout: this.#timeout,
      sip: async (choice = {}) => this.#kept(await this.#sip(choice, this.#log)),
      msrp: (remotePath, ownUri) => this.#msrp(remotePath, ownUri),
      msrpEndpoint: async (host, name) => this.#kept(await openMsrpEndpoint({
        host, name, timeout: this.#timeout, wire: this.#log, connect: (remotePath, ownUri) => this.#msrp(remotePath, ownUri),
      })),
      msrpAtListener: (transport = 'tcp') => {
        const { host, port } = msrpAddressOf(target, transport);
        const [scheme, over] = [transport === 'tcp' ? 'msrp' : 'msrps', transport === 'ws' ? 'ws' : 'tcp'];
        return this.#msrp(`${scheme}://${uriHost(host)}:${port}/nobodyhasthis;${over}`, `${scheme}://stranger.invalid:9/conformance;${over}`);
      },
      webSocket: async (subprotocols) => this.#kept(await openRawWebSocket(
        target, sipAddressOf(target, 'ws'), subprotocols, this.#opening('websocket', this.#log),
      )),
      has: (feature) => featuresOf(target).has(feature),
      xcapRoot: target.xcap ?? '',
      note: (text) => void this.#notes.push(text),
    };
  }

  async #sip({ user, transport }: SipPeerChoice, wire: Wire): Promise<SipPeer> {
    const address = sipAddressOf(this.#target, transport);
    this.#noteUnchecked(address.transport);
    const opened = await openSip(this.#target, address, this.#opening(userPart(user?.aor) ?? 'peer', wire));
    return new SipPeer({ ...opened, transport: address.transport, domain: this.#target.domain, timeout: this.#timeout, user });
  }

  async #msrp(remotePath: string, ownUri: string): Promise<MsrpPeer> {
    const address = addressOfMsrp(this.#target, remotePath);
    this.#noteUnchecked(address.transport);
    const channel = await openMsrp(this.#target, address, this.#opening('msrp', this.#log));
    return this.#kept(new MsrpPeer({ channel, timeout: this.#timeout, ownUri, remotePath }));
  }

  #opening(label: string, wire: Wire): OpenOptions {
    return { label, wire, timeout: this.#timeout };
  }

  #noteUnchecked(transport: string): void {
    const text = 'the certificate of the target was not checked: there is no --trusted';
    const isSecure = transport === 'tls' || transport === 'wss';
    if (isSecure && this.#target.trusted === undefined && !this.#notes.includes(text)) this.#notes.push(text);
  }

  /** Closed when the case ends; at once when it ended meanwhile. */
  async #kept<T extends { close: () => Promise<void> }>(peer: T): Promise<T> {
    if (this.#isOver) await peer.close();
    else this.#peers.push(peer);
    return peer;
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }

  /** Whether something may be kept for the users of the case now. */
  #mayHaveLeft(verdict: CaseResult['verdict']): boolean {
    const isStored = ({ direction, text }: WireEntry): boolean => direction === 'received' && /(?:^|\r\n)SIP\/2\.0 202 /.test(text);
    return verdict !== 'pass' || this.#case.needs.some((feature) => feature.startsWith('deferred')) || this.#log.entries.some(isStored);
  }

  /** What was kept for a user would come to this case. The recipient of a case is its second user, and notifications are for the first. */
  async #emptyMailboxes(): Promise<void> {
    for (const user of this.#users.toReversed().filter((one) => this.#mailboxes.has(one))) {
      try {
        await emptyMailbox(() => this.#sip({ user }, { add: () => undefined }), this.#timeout);
        this.#mailboxes.delete(user);
      } catch (error) {
        if (!(error instanceof ExpectationFailed)) throw error;
        this.#notes.push(`before the case, what was kept for ${user.aor} could not be taken: ${error.message}`);
      }
    }
  }

  /** A user's bindings of an earlier run would get what is meant for this one. What goes wrong here is told with a failure. */
  async #removeBindings(when: 'before' | 'after'): Promise<void> {
    if (!featuresOf(this.#target).has('registrar')) return;
    await Promise.all(this.#users.map(async (user) => {
      try {
        const peer = await this.#sip({ user }, { add: () => undefined });
        const { status } = await peer.request(removeAll).finally(() => peer.close());
        if (status !== 200) this.#notes.push(`${when} the case, removing the bindings of ${user.aor} was answered ${status}`);
      } catch (error) {
        if (!(error instanceof ExpectationFailed)) throw error;
        this.#notes.push(`${when} the case, the bindings of ${user.aor} could not be removed: ${error.message}`);
      }
    }));
  }
}

/** RFC 3261 §10.2.2. */
const removeAll = `
  REGISTER sip:{domain} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{aor}>
  Call-ID: {callId}
  CSeq: {cseq} REGISTER
  Contact: *
  Expires: 0
  {authorization}
  Content-Length: 0
`;
