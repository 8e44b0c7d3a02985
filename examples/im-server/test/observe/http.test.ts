import { describe, expect, it, onTestFinished } from 'vitest';
import { formatAddress } from '@simple-im/transport';
import { serveHttp } from '../../src/observe/http.js';
import { counters, gauges } from '../../src/observe/metric-names.js';
import { PrometheusMetrics } from '../../src/observe/metrics.js';

async function served(healthy: () => Promise<void> = async () => {}, metrics = new PrometheusMetrics()): Promise<(path: string) => Promise<Response>> {
  const server = await serveHttp({ address: { host: '127.0.0.1', port: 0 }, metrics, healthy, about: () => 'a server\n' });
  onTestFinished(() => server.close());
  return (path) => fetch(`http://${formatAddress(server.local)}${path}`);
}

describe('/healthz', () => {
  it('is 200 while the store answers', async () => {
    const response = await (await served())('/healthz');
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('is 503 with the reason while it does not', async () => {
    const response = await (await served(async () => { throw new Error('disk full'); }))('/healthz');
    expect([response.status, await response.json()]).toEqual([503, { status: 'failing', reason: 'disk full' }]);
  });
});

it('/ says what this is, and the rest is 404', async () => {
  const get = await served();
  expect(await (await get('/')).text()).toBe('a server\n');
  expect((await get('/xcap-root')).status).toBe(404);
});

describe('/metrics', () => {
  it('shows every metric by its name', async () => {
    const response = await (await served())('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    for (const name of Object.keys(counters)) expect(text).toContain(`# TYPE simple_im_${name} counter\n`);
    for (const name of Object.keys(gauges)) expect(text).toContain(`# TYPE simple_im_${name} gauge\n`);
  });

  it('counts, with labels and without', async () => {
    const metrics = new PrometheusMetrics();
    metrics.count('sip_requests_total', { method: 'MESSAGE' });
    metrics.count('sip_requests_total', { method: 'MESSAGE' });
    metrics.count('msrp_body_octets_total', {}, 500);
    metrics.gauge('im_sessions_active', 3);
    const text = await (await (await served(undefined, metrics))('/metrics')).text();
    expect(text).toContain('simple_im_sip_requests_total{method="MESSAGE"} 2\n');
    expect(text).toContain('simple_im_msrp_body_octets_total 500\n');
    expect(text).toContain('simple_im_im_sessions_active 3\n');
  });

  it('takes no label that was not declared: users and addresses never become one', () => {
    expect(() => new PrometheusMetrics().count('sip_requests_total', { user: 'sip:alice@example.com' })).toThrow('user');
  });

  it('keeps the metrics of two servers in one process apart', async () => {
    const [one, two] = [new PrometheusMetrics(), new PrometheusMetrics()];
    one.count('sip_registrations_total');
    expect((await two.text()).body).toContain('simple_im_sip_registrations_total 0\n');
  });
});
