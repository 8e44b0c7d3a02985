/* Alice in a session with Bob, who is away: her end of it by hand, and a store that commits when it is told to. */
import { concatBytes, utf8Text } from '@simple-im/grammar';
import type { StoredMessage } from '../../src/internal-ports.js';
import type { ArrivingMessage, SessionDeferral, SessionParties } from '../../src/session-ports.js';
import type { ParticipatingOptions } from '../../src/participating/participating.js';
import { ALICE_PATH, inviteOf, offer, scene, sdpOf, type Exchange, type InviteOptions, type Scene } from './core.js';
import { Peer, SERVER } from './support.js';

interface Taken {
  readonly parties: SessionParties;
  readonly message: ArrivingMessage;
  body: string;
  /** Of the body, if it did not come whole. */
  error: unknown;
  commit(): void;
  refuse(error: Error): void;
}

/** What was taken waits until a test commits or refuses it, unless `commits`. */
export class FakeDeferral implements SessionDeferral {
  readonly taken: Taken[] = [];
  delivered: readonly string[] = [];
  commits = true;
  ours = true;

  isFor(): boolean {
    return this.ours;
  }

  take(parties: SessionParties, message: ArrivingMessage): Promise<StoredMessage | undefined> {
    return new Promise((resolve, reject) => {
      const id = `item${this.taken.length}`;
      const taken: Taken = { parties, message, body: '', error: undefined, commit: () => resolve({ recipient: parties.recipient, id }), refuse: reject };
      this.taken.push(taken);
      readAll(message).then((body) => {
        taken.body = body;
        if (this.commits) taken.commit();
      }, (error: unknown) => {
        taken.error = error;
        reject(error as Error);
      });
    });
  }

  async waiting(messages: readonly StoredMessage[]): Promise<readonly StoredMessage[]> {
    return messages.filter(({ id }) => !this.delivered.includes(id));
  }
}

async function readAll({ body }: ArrivingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let piece = await body.next(); piece.done !== true; piece = await body.next()) pieces.push(piece.value);
  return utf8Text(concatBytes(pieces));
}

export interface Absent extends Scene {
  readonly deferral: FakeDeferral;
  readonly caller: Exchange;
  readonly alice: Peer;
}

/** Alice has invited Bob, who is away, and has connected for the session. */
export async function absent(options: InviteOptions & { readonly more?: Partial<ParticipatingOptions>; readonly deferral?: FakeDeferral } = {}): Promise<Absent> {
  const deferral = options.deferral ?? new FakeDeferral();
  const stage = await scene({ bobAway: true, more: { sessionDeferral: deferral, ...options.more } });
  const caller = await stage.receive(inviteOf({ body: offer('active'), ...options }), 'terminating', 'sip:bob@example.com');
  return { ...stage, deferral, caller, alice: await connected(stage, '192.0.2.11', ALICE_PATH, sdpOf(caller.last).path[0] ?? '') };
}

/** A user's connection, bound to the session at `server`. */
export async function connected(stage: Scene, host: string, own: string, server: string): Promise<Peer> {
  const peer = new Peer(own, server, await stage.network.at(host).connectTcp({ host: SERVER, port: 2855 }));
  peer.sendEmpty('bind1234');
  await stage.clock.settle();
  peer.frames.length = 0;
  return peer;
}
