/* Which devices of a user a call goes to, and in which order, as its caller prefers (RFC 3841 §7.2). */
import type { CaseContext, ConformanceCase, Level } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { acknowledge } from '../preconditions.js';
import { beyondTrying, nothingComes, unlessSilent } from '../steps.js';
import { finalResponse } from '../templates.js';
import { calling } from './calls.js';

interface Preference {
  readonly what: string;
  readonly section: string;
  readonly level?: Level;
  readonly asks: string;
  /** Of each device of the user. */
  readonly contacts: readonly string[];
  /** Header lines of the call. */
  readonly lines: readonly string[];
  /** The devices it comes to, by their place: those of one group at once, the next group when the one before has refused. */
  readonly reaches: readonly (readonly number[])[];
  /** What the caller gets in the end: 486 of the last device, unless there is none. */
  readonly status?: number;
}

const names = (places: readonly number[]): string => (places.length === 0 ? 'none' : places.map((place) => `device ${place + 1}`).join(' and '));

function preference({ what, section, level = 'SHALL', asks, contacts, lines, reaches, status = 486 }: Preference): ConformanceCase {
  return {
    id: `IM-1/rfc3841/${section}/${what}`,
    clause: `RFC 3841 §${section}`,
    level,
    asks,
    does: `Calls a user with ${contacts.map((contact) => contact || 'no parameters').join(' and with ')}, with ${lines.join(', ') || 'no preferences'}: `
      + `${reaches.length === 0 ? 'reaches none' : reaches.map((group) => `reaches ${names(group)}`).join(', then ')}, ends with ${status}.`,
    needs: ['registrar', 'proxy', 'caller-preferences'],
    users: 2,
    run: (context) => reached(context, contacts, lines, reaches, status),
  };
}

async function reached(
  context: CaseContext, contacts: readonly string[], lines: readonly string[], reaches: readonly (readonly number[])[], status: number,
): Promise<void> {
  const ringing = await calling(context, contacts, ...lines);
  const { devices } = ringing;
  for (const group of reaches) {
    const arrived: (SipMessage | undefined)[] = [];
    for (const place of group) arrived[place] = await devices[place]!.expect('INVITE ');
    for (const [place, device] of devices.entries()) {
      if (!group.includes(place)) await nothingComes(device, `device ${place + 1}, while ${names(group)} has the call,`, 100);
    }
    for (const place of group) {
      devices[place]!.respond(arrived[place]!, finalResponse('486 Busy Here'));
      await precondition('the refusal is acknowledged', () => devices[place]!.expect('ACK '));
    }
  }
  const refusal = await unlessSilent(beyondTrying(ringing.caller));
  check(refusal !== undefined, 'the call goes on after the devices it was to reach');
  acknowledge(ringing, refusal);
  equal('the status', refusal.status, status);
}

export const callerPreferenceCases: readonly ConformanceCase[] = [
  preference({
    what: 'reject-contact', section: '7.2.4',
    asks: 'A contact that has what Reject-Contact names is not tried.',
    contacts: [';audio;video', ';audio'], lines: ['Reject-Contact: *;video'], reaches: [[1]],
  }),
  preference({
    what: 'reject-only-what-is-said', section: '7.2.4',
    asks: 'A Reject-Contact with a feature of which a contact says nothing does not discard that contact.',
    contacts: [';audio;video'], lines: ['Reject-Contact: *;video;actor="msg-taker"'], reaches: [[0]],
  }),
  preference({
    what: 'require', section: '7.2.4',
    asks: 'A contact that says it has not what an Accept-Contact with require asks for is not tried.',
    contacts: [';audio;video="FALSE"', ';audio;video'], lines: ['Accept-Contact: *;video;require'], reaches: [[1]],
  }),
  preference({
    what: 'no-require-keeps', section: '7.2.4',
    asks: 'Without require, a contact that does not match stays among those that are tried.',
    contacts: [';audio;video="FALSE"'], lines: ['Accept-Contact: *;video'], reaches: [[0]],
  }),
  preference({
    what: 'require-keeps-who-says-nothing', section: '7.2.4',
    asks: 'With require and without explicit, a contact that says nothing of the feature is tried nevertheless.',
    contacts: [';audio'], lines: ['Accept-Contact: *;video;require'], reaches: [[0]],
  }),
  preference({
    what: 'explicit-and-require', section: '7.2.4',
    asks: 'With require and explicit, a contact that says nothing of the feature is not tried.',
    contacts: [';audio', ';audio;video'], lines: ['Accept-Contact: *;video;require;explicit'], reaches: [[1]],
  }),
  preference({
    what: 'better-match-first', section: '7.2.4', level: 'SHOULD',
    asks: 'Of contacts with one q, that which has more of what the caller asks for is tried first.',
    contacts: [';audio', ';audio;video'], lines: ['Accept-Contact: *;audio;video'], reaches: [[1], [0]],
  }),
  preference({
    what: 'several-accept-contacts-averaged', section: '7.2.4', level: 'SHOULD',
    asks: 'The preference of a contact is the average over all Accept-Contact values it matches.',
    contacts: [';audio;class="business"', ';audio;video;class="business"'],
    lines: ['Accept-Contact: *;audio', 'Accept-Contact: *;class="business";video'], reaches: [[1], [0]],
  }),
  preference({
    what: 'q-before-preference', section: '7.2.4', level: 'SHOULD',
    asks: 'What the called user prefers counts first: a contact with a higher q is tried before one that matches better.',
    contacts: [';audio;q=0.9', ';audio;video;q=0.3'], lines: ['Accept-Contact: *;audio;video'], reaches: [[0], [1]],
  }),
  preference({
    what: 'immune-contact', section: '7.2.3',
    asks: 'A contact without any feature parameter is immune: no preference discards it.',
    contacts: ['', ';audio;video="FALSE"'], lines: ['Accept-Contact: *;video;require;explicit'], reaches: [[0]],
  }),
  preference({
    what: 'none-survives-480', section: '7.2.4', level: 'SHOULD',
    asks: 'When explicit preferences leave nobody, the call is answered 480.',
    contacts: [';audio;video'], lines: ['Reject-Contact: *;video'], reaches: [], status: 480,
  }),
  preference({
    what: 'tokens-in-any-case', section: '7.2.4',
    asks: 'Tokens are compared in any case.',
    contacts: [';mobility="Fixed"', ';mobility="mobile"'], lines: ['Accept-Contact: *;mobility="fixed";require'], reaches: [[0]],
  }),
  preference({
    what: 'strings-in-their-case', section: '7.2.4',
    asks: 'Strings, in angle brackets, are compared case-sensitively.',
    contacts: [';description="<pc>"', ';description="<PC>"'], lines: ['Accept-Contact: *;description="<PC>";require'], reaches: [[1]],
  }),
  preference({
    what: 'one-of-several-values', section: '7.2.4',
    asks: 'A feature with several values matches when one of them does.',
    contacts: [';language="de,fr"', ';language="da,sv"'], lines: ['Reject-Contact: *;language="en,fr"'], reaches: [[1]],
  }),
  preference({
    what: 'short-forms', section: '9.2',
    asks: 'The short forms of Accept-Contact and Reject-Contact, a and j, are known.',
    contacts: [';audio;video', ';audio', ';audio;video="FALSE"'], lines: ['j: *;video', 'a: *;video="FALSE";require;explicit'], reaches: [[2]],
  }),
  preference({
    what: 'implicit-method', section: '7.2.2',
    asks: 'Without explicit preferences, a contact whose methods lack that of the request is not tried.',
    contacts: [';methods="MESSAGE,OPTIONS"', ';methods="INVITE,BYE"'], lines: [], reaches: [[1]],
  }),
  preference({
    what: 'implicit-method-leaves-none', section: '7.2.4',
    asks: 'When implicit preferences leave nobody, they are forgotten, and the contacts are tried as they are.',
    contacts: [';methods="MESSAGE,OPTIONS"'], lines: [], reaches: [[0]],
  }),
];
