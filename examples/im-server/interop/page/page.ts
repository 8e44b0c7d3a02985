/* A small client for a browser: signs in over a WebSocket, sends messages with and without a session, says when they have arrived. */
import { ImClient, type ImClientOptions, type ImMessage, type Invitation, type Session } from '@simple-im/im-client';
import { clientOptions, fetchProvisioning } from '@simple-im/im-client/provisioning';
import { webPlatform } from '@simple-im/transport/web';

const INSTANCE = 'simple-im instance';

let client: ImClient | undefined;
let session: Session | undefined;
let invitation: Invitation | undefined;

function element<Kind extends HTMLElement = HTMLButtonElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

const valueOf = (id: string): string => element<HTMLInputElement>(id).value.trim();

function tell(kind: 'event' | 'ours' | 'theirs', who: string, text: string): HTMLElement {
  const line = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = who;
  line.className = kind;
  line.append(name, ` ${text}`);
  element('log').append(line);
  return line;
}

/** Shows which buttons make sense now. */
function refresh(): void {
  const registered = client?.registration === 'registered';
  element('state').textContent = client === undefined ? 'signed out' : `${client.aor}: ${client.registration}`;
  element('sign-out').disabled = client === undefined;
  for (const id of ['send', 'invite']) element(id).disabled = !registered;
  element('invite').disabled ||= session !== undefined;
  element('leave').disabled = session === undefined;
  element('invitation').hidden = invitation === undefined;
}

/** Does something for the user, and says what went wrong. */
function act(task: () => Promise<void>): void {
  task().catch((error: unknown) => tell('event', 'Failed:', (error as Error).message)).finally(refresh);
}

async function show(messages: AsyncIterable<ImMessage>, how: string): Promise<void> {
  for await (const { from, text } of messages) tell('theirs', from, `${text} (${how})`);
}

async function join(joined: Session): Promise<void> {
  session = joined;
  element<HTMLInputElement>('to').value = joined.peer;
  tell('event', 'Session', `with ${joined.peer} began`);
  void joined.ended.then(({ reason }) => {
    tell('event', 'Session', `ended: ${reason}`);
    if (session === joined) session = undefined;
    refresh();
  });
  refresh();
  await show(joined.messages, 'session');
}

/** Lines that say what was sent, and what became of it, by the message id. Either may come first. */
const lines = new Map<string, HTMLElement>();
const statuses = new Map<string, string>();

function showStatus(messageId: string): void {
  const status = statuses.get(messageId);
  if (status !== undefined) lines.get(messageId)?.append(` (${status})`);
}

async function confirm({ notifications }: ImClient): Promise<void> {
  for await (const { messageId, status } of notifications) {
    statuses.set(messageId, status);
    showStatus(messageId);
  }
}

/** The server is the URL of a WebSocket, or of the provisioning document that says all the rest. */
async function optionsFor(server: string, aor: string, password: string): Promise<ImClientOptions> {
  if (/^wss?:/.test(server)) return { platform: webPlatform, proxy: server, aor, password };
  const { hash, random } = webPlatform;
  const username = aor.replace(/^sips?:/, '').replace(/@.*/, '');
  const options = clientOptions(await fetchProvisioning(server, { username, password, fetch: globalThis.fetch, hash, random }), webPlatform);
  return { password, ...options };
}

async function signIn(): Promise<void> {
  await client?.close();
  // Whoever signs in again from this browser is the same device (RFC 5626 section 4.1).
  const im = new ImClient({
    ...await optionsFor(valueOf('proxy'), valueOf('aor'), valueOf('password')),
    instance: localStorage.getItem(INSTANCE) ?? undefined,
    onError: (error) => tell('event', 'Problem:', error.message),
  });
  client = im;
  localStorage.setItem(INSTANCE, im.instance);
  im.onRegistration = refresh;
  act(() => show(im.messages, 'message'));
  act(() => confirm(im));
  act(async () => {
    for await (const next of im.invitations) {
      invitation = next;
      element('invited').textContent = `${next.from} asks for a session`;
      refresh();
    }
  });
  await im.register();
  tell('event', 'Signed in', `as ${im.aor}`);
}

function on(id: string, type: 'click' | 'submit', task: () => Promise<void>): void {
  element(id).addEventListener(type, (event) => {
    event.preventDefault();
    act(task);
  });
}

on('sign-in', 'submit', signIn);
on('sign-out', 'click', async () => {
  await client?.close();
  client = undefined;
});
on('write', 'submit', async () => {
  const text = valueOf('text');
  const sent = session === undefined
    ? await client?.send(valueOf('to'), text, { notify: ['delivered'] })
    : await session.send(text, { notify: ['delivered'] });
  const line = tell('ours', 'Me', text);
  if (sent?.messageId !== undefined) {
    lines.set(sent.messageId, line);
    showStatus(sent.messageId);
  }
  element<HTMLInputElement>('text').value = '';
});
on('invite', 'click', async () => {
  const joined = await client?.invite(valueOf('to'));
  if (joined !== undefined) act(() => join(joined));
});
on('accept', 'click', async () => {
  const accepting = invitation?.accept();
  invitation = undefined;
  const joined = await accepting;
  if (joined !== undefined) act(() => join(joined));
});
on('refuse', 'click', async () => {
  invitation?.refuse();
  invitation = undefined;
});
on('leave', 'click', async () => session?.leave());
window.addEventListener('online', () => {
  if (client?.registration === 'lost') act(async () => client?.register());
});
refresh();
