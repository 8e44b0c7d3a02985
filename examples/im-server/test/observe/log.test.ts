import { expect, it } from 'vitest';
import { openLog } from '../../src/observe/log.js';

function logged(write: (log: ReturnType<typeof openLog>) => void, level: 'debug' | 'warn' = 'debug'): string {
  let text = '';
  write(openLog(level, { write: (line) => { text += line; } }));
  return text;
}

it.each(['password', 'ha1', 'secret', 'authorization', 'Authorization', 'proxy-authorization', 'Proxy-Authorization', 'body'])('never writes a field named %s', (name) => {
  const text = logged((log) => log.info({ user: 'alice', [name]: 'hunter2', nested: { [name]: 'hunter2' } }, 'a message'));
  expect(JSON.parse(text)).toMatchObject({ user: 'alice', [name]: '[redacted]', nested: { [name]: '[redacted]' }, msg: 'a message' });
  expect(text).not.toContain('hunter2');
});

it('writes one JSON line for each call at its level or above', () => {
  const text = logged((log) => {
    log.info({}, 'no');
    log.warn({ host: 'a\nb' }, 'yes\nindeed');
    log.error({ err: new Error('broken') }, 'yes');
  }, 'warn');
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as { msg: string });
  expect(lines.map(({ msg }) => msg)).toEqual(['yes\nindeed', 'yes']);
});
