/* Mutants for calls to several devices. */
import { eachMessage, rewrite, type Mutant } from './mutant.js';

const answered = (method: string, status: number, instead: string): ((text: string) => string) =>
  rewrite(new RegExp(`CSeq: \\d+ ${method}`, 'i'), new RegExp(`^SIP/2\\.0 ${status} [^\\r]*`), `SIP/2.0 ${instead}`);

const dropped = (beginning: RegExp): ((text: string) => string) => eachMessage((text) => (beginning.test(text) ? '' : text));

/** The second INVITE that goes out is the first one again. */
function oneBranch(): (text: string) => string {
  let branch = '';
  return (text) => {
    if (!text.startsWith('INVITE ')) return text;
    const own = /;branch=(z9hG4bK[^;\r]*)/.exec(text)?.[1] ?? '';
    if (branch === '') branch = own;
    return text.replaceAll(own, branch);
  };
}

/** Only the first message like this passes, whatever else is in it. */
function firstOnly(which: RegExp): (text: string) => string {
  let seen = false;
  return eachMessage((text) => {
    if (!which.test(text)) return text;
    const isFirst = !seen;
    seen = true;
    return isFirst ? text : '';
  });
}

/** What the first refusal was is what the caller gets, whatever the best one is. */
function firstRefusal(): Pick<Mutant, 'fromServer' | 'toServer'> {
  let line = '';
  return {
    toServer: (text) => {
      if (text.startsWith('INVITE ')) line = '';
      if (line === '' && /^SIP\/2\.0 [4-6]/.test(text)) line = /^[^\r]*/.exec(text)![0];
      return text;
    },
    fromServer: (text) => (/^SIP\/2\.0 (?!407)[4-6][^]*CSeq: \d+ INVITE/i.test(text) ? text.replace(/^[^\r]*/, line) : text),
  };
}

/** After the end of a call its INVITE goes to the next device that registers anew. */
function straying(): Pick<Mutant, 'fromServer' | 'toServer'> {
  let [invite, isOver] = ['', false];
  return {
    toServer: (text) => {
      if (/^SIP\/2\.0 (?:603|487) /.test(text)) isOver = true;
      return text;
    },
    fromServer: (text) => {
      if (text.startsWith('INVITE ')) [invite, isOver] = [text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKstray'), false];
      if (!isOver || !/^SIP\/2\.0 [24][^]*CSeq: \d+ REGISTER/i.test(text)) return text;
      isOver = false;
      return invite + text;
    },
  };
}

export const forkingMutants: readonly Mutant[] = [
  {
    breaks: 'Both copies of a forked INVITE have one branch',
    kills: ['IM-1/rfc3261/16.6/copies-of-a-fork'],
    fromServer: oneBranch(),
  },
  {
    breaks: 'A copy of an INVITE has the address-of-record as its Request-URI',
    kills: ['IM-1/rfc3261/16.6/copies-of-a-fork'],
    fromServer: rewrite(/^INVITE /, /^INVITE \S+@\S+/, 'INVITE sip:somebody@example.com'),
  },
  {
    breaks: 'Of two devices that ring the caller hears one',
    kills: ['IM-1/rfc3261/16.7/both-ring'],
    fromServer: firstOnly(/^SIP\/2\.0 180 /),
  },
  {
    breaks: 'The To tag of a 180 is one of the proxy',
    kills: ['IM-1/rfc3261/16.7/both-ring'],
    fromServer: rewrite(/^SIP\/2\.0 180 /, /(\r\nTo:[^\r]*;tag=)[^\r;]*/i, '$1proxy'),
  },
  {
    breaks: 'No CANCEL is sent',
    kills: [
      'IM-1/rfc3261/16.7/losers-cancelled', 'IM-1/rfc3261/9.1/no-cancel-before-provisional', 'IM-1/rfc3261/16.7/global-failure-cancels',
      'IM-1/rfc3261/16.10/cancel-reaches-all', 'IM-1/rfc3261/16.10/no-branch-after-cancel', 'IM-1/rfc3326/2/reason-of-cancel-kept',
    ],
    fromServer: dropped(/^CANCEL /),
  },
  {
    breaks: 'A CANCEL has a branch of its own',
    kills: ['IM-1/rfc3261/16.7/losers-cancelled'],
    fromServer: rewrite(/^CANCEL /, /;branch=z9hG4bK/, ';branch=z9hG4bKother'),
  },
  {
    breaks: 'The 487 of a cancelled device goes to the caller too',
    kills: ['IM-1/rfc3261/16.7/losers-cancelled'],
    // It goes as a further 200, which the server must pass on, and is made a 487 of behind it.
    toServer: eachMessage(rewrite(/^SIP\/2\.0 487 /, /^[^\r]*/, 'SIP/2.0 200 Lost')),
    fromServer: eachMessage(rewrite(/^SIP\/2\.0 200 Lost/, /^[^\r]*/, 'SIP/2.0 487 Request Terminated')),
  },
  {
    breaks: 'A device that has answered nothing is sent a CANCEL',
    kills: ['IM-1/rfc3261/9.1/no-cancel-before-provisional'],
    ...impatient(),
  },
  {
    breaks: 'The caller gets one 200 whoever takes the call',
    kills: ['IM-1/rfc3261/16.7/two-devices-accept'],
    fromServer: firstOnly(/^SIP\/2\.0 200 [^]*CSeq: \d+ INVITE/i),
  },
  {
    breaks: 'The caller gets the refusal that came first',
    kills: [
      'IM-1/rfc3261/16.7/global-failure-preferred', 'IM-1/rfc3261/16.7/lowest-class-preferred', 'IM-1/rfc3261/16.7/resubmission-preferred',
    ],
    ...firstRefusal(),
  },
  {
    breaks: 'A call that is declined ends as one that nobody answers',
    kills: ['IM-1/rfc3261/16.7/global-failure-cancels', 'IM-1/rfc3261/16.7/no-branch-after-global-failure'],
    fromServer: answered('INVITE', 603, '408 Request Timeout'),
  },
  {
    breaks: 'Of several challenges the first one is forwarded',
    kills: ['IM-1/rfc3261/16.7/challenges-collected'],
    fromServer: rewrite(/realm="device0/, /\r\nWWW-Authenticate: Digest realm="device1[^\r]*/i, ''),
  },
  {
    breaks: 'A challenge is changed on its way',
    kills: ['IM-1/rfc3261/16.7/challenges-collected'],
    fromServer: rewrite(/realm="device0/, /nonce="n0"/, 'nonce="x0"'),
  },
  {
    breaks: 'A CANCEL reaches one device of two',
    kills: ['IM-1/rfc3261/16.10/cancel-reaches-all'],
    fromServer: firstOnly(/^CANCEL /),
  },
  {
    breaks: 'A call that was cancelled ends with 480',
    kills: ['IM-1/rfc3261/16.10/cancel-reaches-all', 'IM-1/rfc3261/16.10/no-branch-after-cancel'],
    fromServer: answered('INVITE', 487, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'A device that has refused ends the search',
    kills: ['IM-1/rfc3261/16.6/next-device-after-refusal', 'IM-1/rfc3261/16.7/message-taken-by-one-refused-by-other'],
    toServer: rewrite(/^SIP\/2\.0 486 /, /^[^\r]*/, 'SIP/2.0 600 Busy Everywhere'),
  },
  {
    breaks: 'The next device is tried whatever the one before has said',
    kills: ['IM-1/rfc3261/16.7/no-branch-after-global-failure', 'IM-1/rfc3261/16.10/no-branch-after-cancel'],
    ...straying(),
  },
  {
    breaks: 'A 503 is forwarded',
    kills: ['IM-1/rfc3261/16.7/service-unavailable-becomes-500'],
    fromServer: answered('INVITE', 500, '503 Service Unavailable'),
  },
  {
    breaks: 'A status that is not known becomes the first of its class',
    kills: ['IM-1/rfc3261/16.7/unknown-status-forwarded', 'IM-1/rfc3261/16.7/session-interval-422-forwarded', 'IM-1/rfc3261/16.7/redirection-forwarded'],
    fromServer: rewrite(/CSeq: \d+ INVITE/i, /^SIP\/2\.0 ([34])(?!86|8[07]|07|91)\d\d [^\r]*/, 'SIP/2.0 $100 Other'),
  },
  {
    breaks: 'Header fields of a refusal are left out',
    kills: ['IM-1/rfc3261/16.7/unknown-status-forwarded', 'IM-1/rfc3261/16.7/session-interval-422-forwarded', 'IM-1/rfc3261/16.7/redirection-forwarded'],
    fromServer: rewrite(/^SIP\/2\.0 [34][^]*CSeq: \d+ INVITE/i, /\r\n(?:X-Conformance|Min-SE|Contact):[^\r]*/gi, ''),
  },
  {
    breaks: 'A second refusal of a device is forwarded',
    kills: ['IM-1/rfc3261/16.7/no-second-answer'],
    toServer: rewrite(/^SIP\/2\.0 404 /, /^[^\r]*/, 'SIP/2.0 200 Late'),
    fromServer: (text) => (/^SIP\/2\.0 486 [^]*CSeq: \d+ INVITE/i.test(text) ? text + text.replace(/^[^\r]*/, 'SIP/2.0 404 Not Found') : text),
  },
];

/** The first INVITE of two is followed by its CANCEL at once. */
function impatient(): Pick<Mutant, 'fromServer'> {
  let count = 0;
  return {
    fromServer: (text) => {
      if (!/^INVITE [^]*m=audio/.test(text) || ++count > 1) return text;
      const cancel = text.slice(0, text.indexOf('\r\n\r\n')).replace(/^INVITE/, 'CANCEL').replace(/(CSeq: \d+) INVITE/i, '$1 CANCEL')
        .replace(/\r\nContent-(?:Type|Length):[^\r]*/gi, '');
      return `${text}${cancel}\r\nContent-Length: 0\r\n\r\n`;
    },
  };
}
