/* The command line as data: parsing and --help follow this one. */
export interface Option {
  /** What the value is called; undefined for an option without one. */
  readonly value: string | undefined;
  readonly repeat?: boolean;
  readonly help: string;
}

export const options = {
  domain: { value: 'NAME', help: 'the domain of the target' },
  sip: { value: 'TRANSPORT:HOST:PORT', repeat: true, help: 'where it takes SIP: udp:127.0.0.1:5060, tcp:..., tls:...' },
  ws: { value: 'URL', repeat: true, help: 'where it takes SIP over WebSocket, such as ws://127.0.0.1:8080/sip' },
  msrp: { value: 'TRANSPORT:HOST:PORT', repeat: true, help: 'where it takes MSRP, tcp: or tls:; or such cases are skipped' },
  'msrp-ws': { value: 'URL', repeat: true, help: 'where it takes MSRP over WebSocket, such as ws://127.0.0.1:8080/msrp' },
  trusted: { value: 'FILE', help: 'PEM: the roots its certificates are checked by; without it they are not, and the results say so' },
  xcap: { value: 'URL', help: 'its XCAP root, such as http://127.0.0.1:8080/xcap-root' },
  users: { value: 'FILE', help: 'JSON lines, {"aor":"sip:alice@example.com","password":"..."}; two or more, three for groups' },
  target: { value: 'FILE', help: 'all of this, and "features", in one JSON object; the command line wins' },
  points: { value: 'LIST', help: 'reference points to test, such as IM-1,IM-7' },
  run: { value: 'GLOB', repeat: true, help: 'cases to run, such as IM-7/rfc4975/**' },
  skip: { value: 'GLOB', repeat: true, help: 'cases to leave out; they are reported as skipped' },
  'known-failing': { value: 'FILE', help: 'ids of cases that fail, one a line; they are run, and one that passes is a failure' },
  slow: { value: undefined, help: 'also the cases that wait for real timers of the target, half a minute and more; --list names them' },
  strict: { value: undefined, help: 'what a SHOULD asks counts too' },
  report: { value: 'FORMAT[:FILE]', repeat: true, help: 'tap, junit or json, into a file or to standard output; default tap' },
  timeout: { value: 'TIME', help: 'how long to wait for anything, such as 500ms or 5s; default 5s' },
  list: { value: undefined, help: 'the cases, without running them: id, level, clause, the features they need' },
  explain: { value: 'ID', help: 'what a case asks and does, and the bytes of its last run' },
  help: { value: undefined, help: 'this text' },
  version: { value: undefined, help: 'the version' },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;

/** The text of --help. */
export function helpText(): string {
  const rows = Object.entries<Option>(options).map(([name, option]) => {
    const left = `  --${name}${option.value === undefined ? '' : ` ${option.value}`}`;
    return `${left.padEnd(30)} ${option.help}${option.repeat === true ? ' (repeatable)' : ''}`;
  });
  return [
    'simple-im-conformance: does a running IM system do what the standards ask?', '', 'Usage: simple-im-conformance --domain NAME --sip ADDRESS --users FILE [options]', '',
    ...rows, '', 'Exit codes: 0 conforming, 1 failed, 2 usage or nothing selected, 3 target not reachable or the harness failed', '',
  ].join('\n');
}
