/* Calls of another service than IM: the target is a proxy for them, whatever it does for IM (RFC 3261 §16). */
import type { CaseContext } from '../../case.js';
import { dialogOfCallee, dialogOfCaller, type Dialog } from '../../dialog.js';
import { check, equal, precondition } from '../../expectation.js';
import { SipMessage, type SipPeer } from '../../raw-sip.js';
import { header } from '../../sip-text.js';
import { acknowledge, registeredAs } from '../preconditions.js';
import { beyondTrying, credentialsFor } from '../steps.js';
import { accept, fields, finalResponse, inDialog, invite, withinDialog } from '../templates.js';

/** `{recipient}` is called; nothing in it is of the IM service. */
export const call = invite.replace(/;\+g\.oma\.sip-im\n/, '\n').replace('Accept-Contact: *;+g.oma.sip-im', '{fields}');

export const audio = ['m=audio 49170 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000'].join('\r\n');

/** A call that rings, or is to, at the devices of the second user. */
export interface Ringing {
  readonly caller: SipPeer;
  /** As the caller sent it. */
  readonly sent: SipMessage;
  readonly devices: readonly SipPeer[];
}

/** Registers a device of the second user for each of these contact parameters, and calls them from the first. */
export async function calling(context: CaseContext, parameters: readonly string[], ...lines: readonly string[]): Promise<Ringing> {
  const [from, to] = context.users;
  const caller = await registeredAs(context, from!, '');
  const devices = [];
  for (const one of parameters) devices.push(await registeredAs(context, to!, one));
  return callingThem(context, caller, devices, ...lines);
}

/** The same, with peers that are registered. */
export async function callingThem(
  { users: [from, to] }: CaseContext, caller: SipPeer, devices: readonly SipPeer[], ...lines: readonly string[]
): Promise<Ringing> {
  const authorization = await credentialsFor(caller, from!, 'INVITE', to!.aor);
  const octets = caller.send(call, { recipient: to!.aor, authorization, media: audio, ...fields(...lines) });
  return { caller, devices, sent: new SipMessage({ octets, reply: () => undefined }) };
}

/** The INVITE as it came to each device, all of them at once. */
export async function arrivals({ devices }: Ringing): Promise<SipMessage[]> {
  return precondition('the INVITE arrives at every device at once', () => Promise.all(devices.map((device) => device.expect('INVITE '))));
}

/** A device rings, and the caller hears it. */
export async function rings({ caller }: Ringing, device: SipPeer, arrived: SipMessage): Promise<void> {
  device.respond(arrived, finalResponse('180 Ringing'));
  await precondition('the caller hears it ring', async () => equal('the status', (await beyondTrying(caller)).status, 180));
}

/** A call with one device, and how each side speaks within it. */
export interface Talk extends Ringing {
  readonly callee: SipPeer;
  readonly arrived: SipMessage;
  /** The 200 as the caller got it. */
  readonly accepted: SipMessage;
  readonly callerDialog: Dialog;
  readonly calleeDialog: Dialog;
}

/** One device takes the call; the caller acknowledges. */
export async function talking(context: CaseContext, ...lines: readonly string[]): Promise<Talk> {
  return precondition('a call is set up', async () => {
    const ringing = await calling(context, [''], ...lines);
    const callee = ringing.devices[0]!;
    return taken(ringing, callee, await callee.expect('INVITE '));
  });
}

/** The device takes the call, the 200 comes to the caller, and the caller's ACK to the device. */
export async function taken(ringing: Ringing, callee: SipPeer, arrived: SipMessage): Promise<Talk> {
  const { caller, sent } = ringing;
  const octets = callee.respond(arrived, accept, { media: audio });
  const accepted = await caller.expect('SIP/2.0 200');
  acknowledge({ caller, sent }, accepted);
  await callee.expect('ACK ');
  const calleeDialog = dialogOfCallee(arrived, header(octets, 'To') ?? '');
  return { ...ringing, callee, arrived, accepted, callerDialog: dialogOfCaller(accepted), calleeDialog };
}

/** The caller hangs up. */
export async function hungUpCall({ caller, callee, callerDialog }: Pick<Talk, 'caller' | 'callee' | 'callerDialog'>): Promise<void> {
  const answered = caller.request(inDialog('BYE'), callerDialog);
  answered.catch(() => undefined);
  callee.respond(await callee.expect('BYE '), withinDialog('200 OK'));
  const { status = 0 } = await answered;
  check(status >= 200 && status < 300, `the status of the BYE is ${status}, expected 200`);
}

/** The caller's ACK to the refusal that ends the call. */
export async function refusedWith({ caller, sent }: Ringing, status: number): Promise<SipMessage> {
  const refusal = await caller.expect(`SIP/2.0 ${status}`);
  acknowledge({ caller, sent }, refusal);
  return refusal;
}

/** A device ends its own part as it is asked to: 200 to the CANCEL, 487 to the INVITE, and its ACK. */
export async function cancelled(device: SipPeer, arrived: SipMessage): Promise<SipMessage> {
  const cancel = await device.expect('CANCEL ');
  device.respond(cancel, finalResponse('200 OK'));
  device.respond(arrived, finalResponse('487 Request Terminated'));
  await device.expect('ACK ');
  return cancel;
}
