import type { MessageSummary } from '@simple-im/sip-events/documents/message-summary';
import { ClientCore } from './core.js';
import type { Invitation } from './invitation.js';
import type { ImMessage } from './message.js';
import { MessageWaiting } from './message-waiting.js';
import { Messenger, type SendOptions } from './messenger.js';
import { Notifications, type Notification } from './notifications.js';
import type { ImClientOptions } from './options.js';
import { Pager, type SentMessage } from './pager.js';
import { Registration, type RegistrationEvent, type RegistrationState } from './registration.js';
import { PublishedSettings, type ServiceSettings } from './service-settings.js';
import type { Session } from './session.js';
import { Sessions, type InviteOptions } from './sessions.js';
import type { StoredMessages } from './stored-messages.js';

/** Milliseconds `close` waits for servers and peers that do not answer. */
const FAREWELL = 5000;

/**
 * The IM Client of the architecture: one user on one device. What comes in waits in `messages`, `notifications` and
 * `invitations` until a `for await` takes it; at a limit it is refused, never dropped.
 */
export class ImClient {
  readonly #core: ClientCore;
  readonly #registration: Registration;
  readonly #pager: Pager;
  readonly #notifications: Notifications;
  readonly #sessions: Sessions;
  readonly #messenger: Messenger;
  readonly #settings: PublishedSettings;
  readonly #waiting: MessageWaiting;
  #closing: Promise<void> | undefined;

  /** Opens nothing yet. Throws IM_BAD_OPTION, GRAMMAR_BAD_URI. */
  constructor(options: ImClientOptions) {
    this.#core = new ClientCore(options);
    this.#registration = new Registration(this.#core);
    this.#notifications = new Notifications(this.#core.limits.maxNotifications);
    this.#pager = new Pager(this.#core, this.#notifications);
    this.#sessions = new Sessions(this.#core, this.#pager, this.#notifications);
    this.#messenger = new Messenger(this.#core, this.#pager, this.#sessions);
    this.#settings = new PublishedSettings(this.#core);
    this.#waiting = new MessageWaiting(this.#core);
    this.#core.endpoint.onFlowClosed = (flow, error) => {
      this.#core.flowClosed(error);
      this.#registration.flowClosed(flow, error);
    };
  }

  get aor(): string {
    return this.#core.options.aor;
  }

  /** Who this device is, for the option `instance` at the next start. */
  get instance(): string {
    return this.#core.instance;
  }

  get registration(): RegistrationState {
    return this.#registration.state;
  }

  /** Called when the registration comes, goes or is refreshed. */
  set onRegistration(handler: (event: RegistrationEvent) => void) {
    this.#registration.onEvent = handler;
  }

  /**
   * Gets ready to be reached without a registrar: binds the UDP socket, if `proxy` is reached over UDP. Rejects with
   * TRANSPORT_..., SIP_UNRESOLVED, IM_CLOSED.
   */
  async open(): Promise<void> {
    await this.#core.start();
  }

  /**
   * Registers, and keeps registered until `close`: refreshes, and comes back after a loss. Called while `lost` it tries at once, as when
   * a page hears that it is online again. Rejects with IM_REGISTRATION_REFUSED, IM_CREDENTIALS_REFUSED, IM_REGISTRAR_UNREACHABLE,
   * IM_CERTIFICATE_REFUSED, IM_CLOSED; then nothing is tried again, unless it was `lost`.
   */
  async register(): Promise<void> {
    await this.#registration.register();
  }

  /**
   * Sends a message without a session: text/plain, or message/cpim if notifications are wanted; what is too large for a MESSAGE
   * in a session of its own, unless `mode` says otherwise. Messages to one recipient leave one after the other. Rejects
   * with IM_NOT_DELIVERED (`responseOf` gives the response), IM_TOO_LARGE, IM_TOO_LARGE_FOR_PEER, IM_TYPE_NOT_TAKEN,
   * IM_NO_COMMON_MEDIA, IM_QUEUE_FULL, IM_CLOSED.
   */
  async send(to: string, body: string | Uint8Array, options: SendOptions = {}): Promise<SentMessage> {
    return this.#messenger.send(to, body, options);
  }

  /** Messages that came without a session. */
  get messages(): AsyncIterable<ImMessage> {
    return this.#pager.queue;
  }

  /** What became of messages sent with `notify`. */
  get notifications(): AsyncIterable<Notification> {
    return this.#notifications.queue;
  }

  /**
   * Asks for a session; resolves when it was accepted and its connection is there. Rejects with IM_REFUSED (status;
   * `responseOf` gives the response), IM_CANCELLED, IM_SESSION_FAILED, IM_NO_COMMON_MEDIA, IM_CLOSED.
   */
  async invite(to: string, options: InviteOptions = {}): Promise<Session> {
    return this.#sessions.invite(to, options);
  }

  /** Who asks for a session. Those that are withdrawn before anybody takes them disappear. */
  get invitations(): AsyncIterable<Invitation> {
    return this.#sessions.queue;
  }

  /**
   * Says what the IM server should do for this user, and keeps saying it while the client is there; it holds a week longer. What any device
   * of the user asks for is done. Rejects with EVENTS_REJECTED (the server knows no settings), SIP_TIMEOUT, IM_CLOSED.
   */
  async publishSettings(settings: ServiceSettings): Promise<void> {
    return this.#settings.publish(settings);
  }

  /** How many messages are stored for this user, now and whenever that changes (RFC 3842). Throws EVENTS_..., MESSAGE_SUMMARY_... */
  get messageWaiting(): AsyncIterable<MessageSummary> {
    return this.#waiting.watch();
  }

  /** Messages that are stored until the user takes them. Rejects as `invite`. */
  async deferredMessages(): Promise<StoredMessages> {
    return this.#sessions.stored(this.#service('deferredMessages', 'deferred'), { areNew: true });
  }

  /** Conversations that were recorded. Rejects as `invite`. */
  async history(): Promise<StoredMessages> {
    return this.#sessions.stored(this.#service('history', 'history'), { areNew: false });
  }

  /** Leaves every session, takes the registration back, closes every socket. Waits 5 seconds at most for answers. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #service(name: 'deferredMessages' | 'history', user: string): string {
    return this.#core.options.services?.[name] ?? `sip:${user}@${this.#core.aor.host}`;
  }

  async #close(): Promise<void> {
    this.#settings.close();
    this.#waiting.close();
    const { endpoint, ua, msrp, platform } = this.#core;
    const farewell = this.#sessions.close().then(() => this.#registration.unregister());
    farewell.catch((error: unknown) => this.#core.report(error as Error));
    await new Promise<void>((resolve) => {
      const timer = platform.clock.setTimer(FAREWELL, resolve);
      const done = (): void => {
        timer.cancel();
        resolve();
      };
      farewell.then(done, done);
    });
    this.#core.closed = true;
    ua.close();
    await Promise.all([endpoint.close(), msrp.close()]);
    this.#pager.queue.end();
    this.#notifications.queue.end();
  }
}
