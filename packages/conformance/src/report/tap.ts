/* TAP 14, written by tap. The only file that knows it (docs/adr/0005-tap-in-the-harness.md). */
import { once } from 'node:events';
import { Minimal, t } from 'tap';
import type { Reporter, Write } from './reporter.js';
import { tapExtra, tapOk } from './tap-extra.js';

export function tapReporter(write: Write): Reporter {
  // The test that tap runs of its own accord writes to standard output when it is 30 seconds old (TAP_TIMEOUT): a run may take longer.
  t.setTimeout(0);
  const tap = new Minimal({ name: 'simple-im-conformance' });
  tap.on('data', (chunk: Uint8Array | string) => write(chunk.toString()));
  return {
    result: (result, judgement) => {
      const extra = tapExtra(result, judgement);
      if (tapOk(judgement)) tap.pass(result.case.id, extra);
      else tap.fail(result.case.id, extra);
    },
    end: async () => {
      const ended = once(tap, 'end');
      tap.end();
      await ended;
    },
  };
}
