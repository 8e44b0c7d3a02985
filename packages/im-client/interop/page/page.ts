/* A small client for a browser: signs in over a WebSocket, sends messages with and without a session. */
import { ImClient, type ImMessage, type Invitation, type Session } from '@simple-im/im-client';
import { webPlatform } from '@simple-im/transport/web';

const INSTANCE = 'simple-im instance';

let client: ImClient | undefined;
let session: Session | undefined;
let invitation: Invitation | undefined;

function element<Kind extends HTMLElement = HTMLButtonElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

const valueOf = (id: string): string => element<HTMLInputElement>(id).value.trim();

function tell(kind: 'event' | 'ours' | 'theirs', who: string, text: string): void {
  const line = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = who;
  line.className = kind;
  line.append(name, ` ${text}`);
  element('log').append(line);
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

async function signIn(): Promise<void> {
  await client?.close();
  // Whoever signs in again from this browser is the same device (RFC 5626 section 4.1).
  const im = new ImClient({
    platform: webPlatform,
    proxy: valueOf('proxy'),
    aor: valueOf('aor'),
    password: valueOf('password'),
    instance: localStorage.getItem(INSTANCE) ?? undefined,
    onError: (error) => tell('event', 'Problem:', error.message),
  });
  client = im;
  localStorage.setItem(INSTANCE, im.instance);
  im.onRegistration = refresh;
  act(() => show(im.messages, 'message'));
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
  if (session === undefined) await client?.send(valueOf('to'), text);
  else await session.send(text);
  tell('ours', 'Me', text);
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
