import type { Params } from '@simple-im/grammar';
import type { BodyOptions } from './build.js';
import type { SipRequest } from './message.js';
import type { MethodHandler } from './uas-core.js';
import type { UaCore } from './ua-core.js';
import type { UaRequest } from './ua-request.js';

/** What a user agent says of itself when asked with OPTIONS (§11.2). */
export interface Capabilities {
  /** The status an INVITE would be answered with now, 200 to 699: 486 when busy. Default 200. */
  readonly availability?: ((options: SipRequest) => number | Promise<number>) | undefined;
  /** What a 200 carries: a description of what media we take, if the Accept of the request admits it. */
  readonly description?: ((options: SipRequest) => BodyOptions | undefined | Promise<BodyOptions | undefined>) | undefined;
  /** Feature tags (RFC 3840) on the Contact of the answer. */
  readonly features?: Params | undefined;
  /** Default `identity`. */
  readonly encodings?: readonly string[] | undefined;
  /** Default: any. */
  readonly languages?: readonly string[] | undefined;
}

/** Answers an OPTIONS as an INVITE would be answered (§11.2); one in a dialog always 200. */
export async function answerOptions(core: UaCore, handlers: ReadonlyMap<string, MethodHandler>, incoming: UaRequest): Promise<void> {
  const { request } = incoming;
  const capabilities = core.options.capabilities ?? {};
  const { supported = [] } = core.options;
  const { features, encodings = ['identity'], languages = ['*'] } = capabilities;
  const status = incoming.dialog === undefined ? ((await capabilities.availability?.(request)) ?? 200) : 200;
  const described = status < 300 ? await capabilities.description?.(request) : undefined;
  const types = [...handlers.values()].flatMap(({ accept }) => accept ?? []);
  incoming.respond(status, {
    ...described,
    headers: [
      ['Allow', core.allow],
      ['Accept', types.length === 0 ? '*/*' : [...new Set(types)].join(', ')],
      ['Accept-Encoding', encodings.join(', ')],
      ['Accept-Language', languages.join(', ')],
      ['Supported', supported.join(', ')],
      ['Contact', `${core.contact(incoming.flow)}${features === undefined ? '' : features.toString()}`],
      ...(described?.headers ?? []),
    ],
  });
}
