import { Counter, Gauge, Registry } from 'prom-client';
import type { Metrics } from './ports.js';

interface Description {
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric there is; a name that is not listed is a mistake of ours and throws. */
const descriptions: Readonly<Record<string, Description>> = {
  sip_requests_total: { kind: 'counter', help: 'SIP requests received by the core', labels: ['method'] },
  sip_responses_total: { kind: 'counter', help: 'Final SIP responses sent by the core', labels: ['class'] },
  sip_registrations_total: { kind: 'counter', help: 'REGISTER requests accepted', labels: [] },
  sip_authentication_failures_total: { kind: 'counter', help: 'Requests with wrong credentials or a From of somebody else', labels: ['reason'] },
  sip_invalid_messages_total: { kind: 'counter', help: 'SIP messages answered or dropped by the validation stage', labels: [] },
  im_policy_evaluations_total: { kind: 'counter', help: 'Admission decisions by session case and mode', labels: ['case', 'mode', 'result'] },
  im_sessions_active: { kind: 'gauge', help: 'IM sessions with both legs up', labels: [] },
  im_sessions_total: { kind: 'counter', help: 'IM sessions that were set up', labels: [] },
  msrp_sessions_active: { kind: 'gauge', help: 'MSRP sessions (legs) at the media function', labels: [] },
  msrp_requests_total: { kind: 'counter', help: 'MSRP requests received', labels: ['method'] },
  msrp_body_octets_total: { kind: 'counter', help: 'MSRP body octets passed on', labels: [] },
};

/** Prometheus metrics of one server. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();

  constructor() {
    for (const [name, { kind, help, labels }] of Object.entries(descriptions)) {
      const shape = { name: `simple_im_${name}`, help, labelNames: [...labels], registers: [this.#registry] };
      if (kind === 'counter') this.#counters.set(name, new Counter(shape));
      else this.#gauges.set(name, new Gauge(shape));
    }
  }

  count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    const counter = this.#counters.get(name);
    if (counter === undefined) throw new Error(`no counter named ${name}`);
    counter.inc(labels, by);
  }

  gauge(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    const gauge = this.#gauges.get(name);
    if (gauge === undefined) throw new Error(`no gauge named ${name}`);
    gauge.set(labels, value);
  }

  /** The text a scraper reads, and its type. */
  async text(): Promise<{ readonly type: string; readonly body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
