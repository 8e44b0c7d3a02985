import { expect, it } from 'vitest';
import { t } from 'tap';
import { tapReporter } from '../src/report/tap.js';

it('takes from tap the report of its own that it writes to standard output after 30 seconds (TAP_TIMEOUT)', async () => {
  expect(t.timer).toBeDefined();
  const reporter = tapReporter(() => undefined);
  expect(t.timer).toBeUndefined();
  await reporter.end();
});
