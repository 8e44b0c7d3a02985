import { describe, expect, it } from 'vitest';
import type { IncomingRequest } from '@simple-im/sip';
import { EarlyRequests } from '../../src/assembly/early-requests.js';

type Endpoint = ConstructorParameters<typeof EarlyRequests>[0];

describe('requests that come while the server starts', () => {
  it('wait for those who answer, in order, and beyond a bound are answered 503', () => {
    const refused: number[] = [];
    const endpoint: Endpoint = { onRequest: () => {}, refuse: (_incoming, status) => void refused.push(status) };
    const early = new EarlyRequests(endpoint);
    const requests = Array.from({ length: 1002 }, (_, index) => ({ index }) as unknown as IncomingRequest);
    for (const request of requests) endpoint.onRequest(request);
    expect(refused).toEqual([503, 503]);
    const received: IncomingRequest[] = [];
    early.release((incoming) => void received.push(incoming));
    const later = {} as IncomingRequest;
    endpoint.onRequest(later);
    expect(received).toEqual([...requests.slice(0, 1000), later]);
  });
});
