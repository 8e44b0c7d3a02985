/* The messages that several cases send. `{fields}` are header lines of the case, or nothing. */

export const register = `
  REGISTER sip:{domain} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{aor}>
  Call-ID: {callId}
  CSeq: {cseq} REGISTER
  {fields}
  {authorization}
  Content-Length: 0
`;

/** For the target itself: it is answered without credentials and needs no user. */
export const options = `
  OPTIONS sip:{domain} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <sip:probe@{domain}>;tag={tag}
  To: <sip:{domain}>
  Call-ID: {callId}
  CSeq: {cseq} OPTIONS
  Content-Length: 0
`;

/** `{recipient}` is the Request-URI and To. */
export const message = `
  MESSAGE {recipient} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{recipient}>
  Call-ID: {callId}
  CSeq: {cseq} MESSAGE
  {fields}
  {authorization}
  Content-Type: text/plain
  Content-Length: {length}

  Watson, come here.
`;

/** `{recipient}` is invited; `{media}` are the m-lines of the offer with their attributes. */
export const invite = `
  INVITE {recipient} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{recipient}>
  Call-ID: {callId}
  CSeq: {cseq} INVITE
  Contact: <{contact}>;+g.oma.sip-im
  Accept-Contact: *;+g.oma.sip-im
  {authorization}
  Content-Type: application/sdp
  Content-Length: {length}

  v=0
  o=- 1 1 IN IP4 {localHost}
  s=-
  c=IN IP4 {localHost}
  t=0 0
  {media}
`;

/** The invited user accepts. */
export const accept = `
  SIP/2.0 200 OK
  {vias}
  {recordRoutes}
  From: {from}
  To: {to};tag={toTag}
  Call-ID: {callId}
  CSeq: {cseq}
  Contact: <{contact}>
  Content-Type: application/sdp
  Content-Length: {length}

  v=0
  o=- 1 1 IN IP4 {localHost}
  s=-
  c=IN IP4 {localHost}
  t=0 0
  {media}
`;

/** A response without a body outside a dialog, such as `486 Busy Here`. */
export function finalResponse(status: string): string {
  return `
    SIP/2.0 ${status}
    {vias}
    From: {from}
    To: {to};tag={toTag}
    Call-ID: {callId}
    CSeq: {cseq}
    {fields}
    Content-Length: 0
  `;
}

/** The same within a dialog: its To has a tag. */
export const withinDialog = (status: string): string => finalResponse(status).replace(';tag={toTag}', '');

/** A request within a dialog, of either side; it is filled with a `Dialog`. */
export function inDialog(method: string): string {
  return `
    ${method} {target} SIP/2.0
    Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
    Max-Forwards: 70
    {routes}
    From: {local}
    To: {remote}
    Call-ID: {callId}
    CSeq: {cseq} ${method}
    {fields}
    {authorization}
    Content-Length: 0
  `;
}

/** Several header lines as one value for `{fields}`. */
export const fields = (...lines: readonly string[]): { readonly fields: string } => ({ fields: lines.join('\r\n') });

/** Media of a message session. */
export function messageMedia(setup: 'active' | 'passive' | 'actpass', path: string, port = 9): string {
  return [`m=message ${port} TCP/MSRP *`, 'a=accept-types:text/plain message/cpim', `a=setup:${setup}`, `a=path:${path}`].join('\r\n');
}

/** The values of an attribute in an SDP body. */
export function attributes(sdp: string, name: string): string[] {
  return [...sdp.matchAll(new RegExp(`^a=${name}:(.*?)\\r?$`, 'gm'))].map(([, value]) => value ?? '');
}
