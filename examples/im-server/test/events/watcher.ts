/* A watcher that sees every NOTIFY, and answers what the test says. */
import { parseRegInfo, type RegInfo } from '@simple-im/sip-events/documents/reg';
import type { DialogUsage, SipRequest, SipResponse, UaDialog, UaRequest, UserAgent } from '@simple-im/sip';

export type Fields = readonly (readonly [name: string, value: string])[];

export class RawWatcher implements DialogUsage {
  readonly ua: UserAgent;
  readonly seen: SipRequest[] = [];
  dialog: UaDialog | undefined;
  answer: (incoming: UaRequest) => void = (incoming) => incoming.respond(200);
  #wake: (() => void)[] = [];

  constructor(ua: UserAgent) {
    this.ua = ua;
  }

  /** A SUBSCRIBE outside of dialogs; the NOTIFYs of its dialog come here from then on. */
  subscribe(uri: string, headers: Fields): Promise<SipResponse> {
    return this.ua.open('SUBSCRIBE', uri, (incoming) => this.receive(incoming), { headers }).response;
  }

  /** A SUBSCRIBE within the dialog. */
  refresh(headers: Fields): Promise<SipResponse> {
    if (this.dialog === undefined) throw new Error('no NOTIFY has come yet');
    return this.dialog.request('SUBSCRIBE', { headers, usage: this });
  }

  owns({ method }: SipRequest): boolean {
    return method === 'NOTIFY';
  }

  ended(): void {}

  receive(incoming: UaRequest): void {
    this.dialog ??= incoming.establish(this);
    this.seen.push(incoming.request);
    this.answer(incoming);
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** The NOTIFY with this number, counted from 0. */
  async notify(index: number): Promise<SipRequest> {
    while (this.seen.length <= index) await new Promise<void>((resolve) => { this.#wake.push(resolve); });
    return this.seen[index] as SipRequest;
  }

  async regInfo(index: number): Promise<RegInfo> {
    return parseRegInfo((await this.notify(index)).body);
  }
}
