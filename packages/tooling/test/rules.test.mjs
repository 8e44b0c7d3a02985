import { describe, expect, it } from 'vitest';
import { findClockReads } from '../src/checks/sans-io.mjs';
import { findFloorBreaks, judgeImport } from '../src/checks/floors.mjs';
import { findEntityBreaks } from '../src/checks/entities.mjs';
import { importsOf } from '../src/checks/imports.mjs';

describe('imports of a file', () => {
  it('finds every way to load a module and knows which leave nothing at run time', () => {
    const text = [
      "import { a } from './a.js';", "import type { B } from './b.js';", "import { type C } from './c.js';", "export * from './d.js';",
      "export type { E } from './e.js';", "const f = await import('./f.js');", "const g = require('./g.js');", "type H = import('./h.js').H;",
      "// import './comment.js'", "const text = \"import './string.js'\";",
    ].join('\n');
    expect(importsOf('x.ts', text).map(({ specifier, typeOnly, line }) => [specifier, typeOnly, line])).toEqual([
      ['./a.js', false, 1], ['./b.js', true, 2], ['./c.js', false, 3], ['./d.js', false, 4], ['./e.js', true, 5],
      ['./f.js', false, 6], ['./g.js', false, 7], ['./h.js', true, 8],
    ]);
  });
});

describe('clock reads through Date', () => {
  it.each(['new Date()', 'new Date', 'Date()', 'const D = Date; new D()', 'const { now } = Date', 'make(Date)'])('reports %s', (code) => {
    expect(findClockReads('x.ts', `\n${code};`)).toEqual([expect.objectContaining({ line: 2 })]);
  });

  it.each(['new Date(ms)', 'Date.UTC(2000, 1)', 'Date.parse(text)', 'value instanceof Date', 'let x: Date', 'headers.Date', 'const h = { Date: 1 }', "'new Date()'"])(
    'lets %s pass',
    (code) => expect(findClockReads('x.ts', code)).toEqual([]),
  );
});

describe('floors', () => {
  it.each([
    ['sip', 'im-client', 'upwards'], ['sip', 'msrp', 'sideways'], ['xml', 'mime', 'sideways'], ['grammar', 'sip', 'upwards'],
    ['conformance', 'server', 'sideways'], ['sip', 'testkit', 'no floor'],
  ])('%s may not import %s', (from, to, why) => expect(judgeImport(from, to)).toContain(why));

  it.each([['sip', 'grammar'], ['xml', 'grammar'], ['im-client', 'sip'], ['server', 'im-client'], ['sip', 'sip']])('%s may import %s', (from, to) => {
    expect(judgeImport(from, to)).toBeUndefined();
  });

  it('names the line, and sees a subpath and a type import', () => {
    expect(findFloorBreaks('sip', 'packages/sip/src/a.ts', "import 'parsimmon';\nimport type { X } from '@simple-im/msrp/sdp';")).toEqual([
      { line: 2, problem: 'imports msrp sideways on floor 2' },
    ]);
  });

  it('reports a relative import that leaves src, not one that stays', () => {
    expect(findFloorBreaks('sip', 'packages/sip/src/a.ts', "import '../../msrp/src/frame.js';")).toHaveLength(1);
    expect(findFloorBreaks('transport', 'packages/transport/src/node/a.ts', "import '../ports.js';")).toEqual([]);
    expect(findFloorBreaks('transport', 'packages/transport/src/node/a.ts', "import '../../package.json';")).toHaveLength(1);
  });
});

describe('entities', () => {
  it.each([
    ['participating/pager.ts', "import { Registrar } from '../sip-core/registrar.js';"],
    ['participating/pager.ts', "import type { Registrar } from '../sip-core/registrar.js';"],
    ['sip-core/proxy.ts', "import { sessions } from '../media/sessions.js';"],
    ['media/listener.ts', "import { policy } from '../participating/policy.js';"],
    ['store/sqlite/location.ts', "import { LocationStore } from '../../sip-core/location.js';"],
    ['sip-core/proxy.ts', "import { server } from '../server.js';"],
    ['xdm/changes.ts', "import { database } from '../store/sqlite/database.js';"],
    ['deferred/store-and-forward.ts', "const { log } = await import('../observe/log.js');"],
  ])('%s may not: %s', (path, text) => expect(findEntityBreaks(path, text)).toHaveLength(1));

  it.each([
    ['participating/pager.ts', "import { im2 } from '../reference-points.js';\nimport './policy.js';\nimport { sip } from '@simple-im/sip';"],
    ['sip-core/proxy.ts', "import type { Log } from '../observe/ports.js';"],
    ['participating/session.ts', "import { sessions } from '../media/sessions.js';"],
    ['store/sqlite/location.ts', "import type { LocationStore } from '../../sip-core/location.js';\nimport './database.js';"],
    ['server.ts', "import './sip-core/registrar.js';\nimport './store/sqlite/database.js';"],
    ['demo/main.ts', "import '../server.js';"],
  ])('%s may: %s', (path, text) => expect(findEntityBreaks(path, text)).toEqual([]));
});
