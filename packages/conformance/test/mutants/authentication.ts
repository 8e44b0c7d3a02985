import { answering } from './answering.js';
import { rewrite, type Mutant } from './mutant.js';

const challenge = /^SIP\/2\.0 40[17] /;
const ok = 'SIP/2.0 200 OK';

export const authenticationMutants: readonly Mutant[] = [
  ...['realm', 'nonce', 'qop'].flatMap((name): Mutant[] => {
    const parameter = new RegExp(`(?<=[ ,])${name}="[^"]*",? ?`, 'gi');
    return [{
      breaks: `The challenges of a 401 have no ${name}`,
      kills: ['IM-1/rfc3261/22.2/register-challenged'],
      fromServer: rewrite(/^SIP\/2\.0 401 /, parameter, ''),
    }, {
      breaks: `The challenges of a 407 have no ${name}`,
      kills: ['IM-1/rfc3261/22.3/message-challenged', 'IM-1/rfc3261/22.3/invite-challenged'],
      fromServer: rewrite(/^SIP\/2\.0 407 /, parameter, ''),
    }];
  }),
  {
    breaks: 'A 401 asks for Basic as well',
    kills: ['IM-1/rfc3261/22.2/register-challenged'],
    fromServer: rewrite(/^SIP\/2\.0 401 /, /\r\nWWW-Authenticate:/i, '\r\nWWW-Authenticate: Basic realm="example.com"$&'),
  },
  {
    breaks: 'REGISTER is answered 200 without credentials',
    kills: ['IM-1/rfc3261/22.2/register-challenged', 'IM-1/rfc3261/10.3/removal-without-credentials'],
    ...answering(/^REGISTER (?![^]*\r\nAuthorization:)/, /^SIP\/2\.0 401 [^\r]*/, ok),
  },
  {
    breaks: 'A 401 has no WWW-Authenticate',
    kills: ['IM-1/rfc3261/22.2/register-challenged', 'IM-1/rfc8760/2.3/algorithm-once', 'IM-1/rfc8760/3/sha-256-accepted'],
    fromServer: rewrite(/^SIP\/2\.0 401 /, /\r\nWWW-Authenticate:[^\r]*/gi, ''),
  },
  {
    breaks: 'MESSAGE and INVITE are challenged with 401',
    kills: ['IM-1/rfc3261/22.3/message-challenged', 'IM-1/rfc3261/22.3/invite-challenged'],
    fromServer: rewrite(/^/, /^SIP\/2\.0 407 [^\r]*/, 'SIP/2.0 401 Unauthorized'),
  },
  {
    breaks: 'MESSAGE and INVITE are answered 200 whatever the credentials',
    kills: [
      'IM-1/rfc3261/22.3/message-challenged', 'IM-1/rfc3261/22.3/invite-challenged', 'IM-1/rfc3261/22.3/wrong-password-message',
    ],
    fromServer: rewrite(/^/, /^SIP\/2\.0 407 [^\r]*/, ok),
  },
  {
    breaks: 'A MESSAGE with a wrong password is answered 200',
    kills: ['IM-1/rfc3261/22.3/wrong-password-message'],
    ...answering(/^MESSAGE [^]*\r\nProxy-Authorization:/, /^SIP\/2\.0 407 [^\r]*/, ok),
  },
  {
    breaks: 'SHA-256 is not offered',
    kills: ['IM-1/rfc8760/3/sha-256-accepted'],
    fromServer: rewrite(challenge, /\r\nWWW-Authenticate:[^\r]*SHA-256[^\r]*/i, ''),
  },
  {
    breaks: 'Answers with SHA-256 are not taken',
    kills: ['IM-1/rfc8760/3/sha-256-accepted'],
    toServer: rewrite(/algorithm=SHA-256/, /response="...../, 'response="00000'),
  },
  {
    breaks: 'Two challenges have the same algorithm',
    kills: ['IM-1/rfc8760/2.3/algorithm-once'],
    fromServer: rewrite(challenge, /algorithm=MD5/gi, 'algorithm=SHA-256'),
  },
  {
    breaks: 'Basic credentials are taken',
    kills: ['IM-1/rfc8760/2.6/basic-refused'],
    ...answering(/\r\nAuthorization: Basic /, /^SIP\/2\.0 40\d [^\r]*/, ok),
  },
  {
    breaks: 'A REGISTER with wrong credentials is answered 200',
    kills: [
      'IM-1/rfc7616/3.4.3/credentials-of-another-method', 'IM-1/rfc7616/3.4/nonce-count-replayed', 'IM-1/rfc7616/3.3/nonce-never-issued',
      'IM-1/rfc7616/3.3/wrong-password-not-stale',
    ],
    ...answering(/\r\nAuthorization: Digest /, /^SIP\/2\.0 401 [^\r]*/, ok),
  },
  {
    breaks: 'No challenge says stale',
    kills: ['IM-1/rfc7616/3.3/nonce-never-issued'],
    fromServer: rewrite(challenge, /stale=true/gi, 'stale=false'),
  },
  {
    breaks: 'Every challenge says stale',
    kills: ['IM-1/rfc7616/3.3/wrong-password-not-stale'],
    fromServer: rewrite(challenge, /(?<=[ ,])nonce=/gi, 'stale=true, nonce='),
  },
  {
    breaks: 'Credentials for another uri are taken',
    kills: ['IM-1/rfc8760/2.6/credentials-for-another-uri'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 400 [^\r]*/, ok),
  },
  {
    breaks: 'A user there is not is answered 404 once there are credentials',
    kills: ['IM-1/profile/who-may-send/unknown-user-like-wrong-password'],
    ...answering(/username="nobody-/, /^SIP\/2\.0 401 [^\r]*/, 'SIP/2.0 404 Not Found'),
  },
  {
    breaks: 'A user there is not is challenged for one algorithm only',
    kills: ['IM-1/profile/who-may-send/unknown-user-like-wrong-password'],
    ...answering(/From: <sip:nobody-/, /\r\nWWW-Authenticate:[^\r]*MD5[^\r]*/i, ''),
  },
  ...['Authorization', 'Proxy-Authorization'].map((name): Mutant => ({
    breaks: `The recipient of a MESSAGE gets its ${name}`,
    kills: ['IM-1/rfc3261/22.3/credentials-not-forwarded'],
    fromServer: rewrite(/^MESSAGE /, /\r\nCall-ID:/i, `\r\n${name}: Digest username="somebody"$&`),
  })),
];
