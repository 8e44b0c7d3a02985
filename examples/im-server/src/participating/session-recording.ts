/*
 * What is said in a session on its way into the conversation history, whichever way it takes: chunks that are passed on, and messages that
 * are taken for somebody who is away.
 */
import { aorOf, parseNameAddr } from '@simple-im/grammar';
import type { ArrivingMessage, MessageRecorder, PassingMessage, RecordedFor, Recording } from '../session-ports.js';
import type { ChunkSink } from './chunk-sink.js';
import { RecordingSink } from './recording-sink.js';
import type { Side } from './sides.js';

/** Between whom the session is, as its INVITE says. */
export type RecordedParties = Omit<PassingMessage, 'contentType'>;

export class SessionRecording {
  readonly #recording: Recording;
  readonly #parties: RecordedParties;
  readonly #sinks: RecordingSink[] = [];

  constructor(recording: Recording, parties: RecordedParties) {
    this.#recording = recording;
    this.#parties = parties;
  }

  /** What one of the two says goes to `sink`, and is recorded. */
  tee(side: Side, sink: ChunkSink): ChunkSink {
    const recording = new RecordingSink(sink, {
      isWanted: () => this.#isWanted,
      begin: (contentType) => this.#begin(side, contentType),
    });
    this.#sinks.push(recording);
    return recording;
  }

  /** `take` is given the message; what it accepts is recorded. Rejects as it does. */
  async taking<T>(side: Side, message: ArrivingMessage, take: (message: ArrivingMessage) => Promise<T>): Promise<T> {
    const recorder = this.#isWanted ? await this.#begin(side, message.contentType) : undefined;
    if (recorder === undefined) return take(message);
    try {
      const taken = await take({ ...message, body: observed(message.body, recorder) });
      void recorder.commit();
      return taken;
    } catch (error) {
      await recorder.abort();
      throw error;
    }
  }

  /** A message that is there at once. */
  async whole(side: Side, contentType: string, bytes: Uint8Array): Promise<void> {
    const recorder = this.#isWanted ? await this.#begin(side, contentType) : undefined;
    await recorder?.write(bytes);
    await recorder?.commit();
  }

  /** The session is over: what is incomplete is not recorded. */
  close(): void {
    for (const sink of this.#sinks) sink.close();
  }

  get #isWanted(): boolean {
    const { sender, recipient, mode } = this.#parties;
    return this.#recording.mayRecord([sender, recipient], mode);
  }

  #begin(side: Side, contentType: string): Promise<MessageRecorder | undefined> {
    const { sender, recipient, from, to } = this.#parties;
    if (side === 'caller') return this.#recording.begin({ ...this.#parties, contentType }, ['sender', 'recipient']);
    // Who is not known has no history here, whatever From says.
    const whose: RecordedFor = sender === undefined ? ['sender'] : ['sender', 'recipient'];
    const back = { sender: recipient, isAnonymous: false, recipient: sender ?? aorOf(parseNameAddr(from).uri), from: to, to: from };
    return this.#recording.begin({ ...this.#parties, ...back, contentType }, whose);
  }
}

async function* observed(body: AsyncIterator<Uint8Array>, recorder: MessageRecorder): AsyncGenerator<Uint8Array, void, undefined> {
  for (let piece = await body.next(); piece.done !== true; piece = await body.next()) {
    await recorder.write(piece.value);
    yield piece.value;
  }
}
