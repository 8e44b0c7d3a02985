import { expect, it, onTestFinished, vi } from 'vitest';
import { serverError } from '../../src/errors.js';
import { coreWith, peerOf, quiet } from './support.js';

it('answers a REGISTER that could not be stored with 503, and the log says why (RFC 3261 §21.5.4)', async () => {
  const on = await coreWith();
  const alice = await peerOf(on, 'alice');
  const status = async (): Promise<number> =>
    (await alice.call('REGISTER', 'sip:example.com', { to: '<sip:alice@example.com>', headers: [['Contact', `<${alice.contact}>`]] }).final).status;
  vi.spyOn(on.location, 'save').mockRejectedValueOnce(serverError('IM_STORE_FULL'));
  const logged = vi.spyOn(quiet, 'error');
  onTestFinished(() => logged.mockRestore());
  expect(await status()).toBe(503);
  expect(logged.mock.calls.map(([fields]) => (fields as { err: { code: string } }).err.code)).toEqual(['IM_STORE_FULL']);
  expect(await status()).toBe(200);
});
