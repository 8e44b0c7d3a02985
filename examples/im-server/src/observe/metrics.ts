import { Counter, Gauge, Registry, type MetricConfiguration } from 'prom-client';
import { counters, gauges, type CounterName, type Description, type GaugeName } from './metric-names.js';
import type { Metrics } from './ports.js';

/** Prometheus metrics of one server. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<CounterName, Counter>();
  readonly #gauges = new Map<GaugeName, Gauge>();

  constructor() {
    const shape = (name: string, { help, labels }: Description): MetricConfiguration<string> => {
      return { name: `simple_im_${name}`, help, labelNames: [...labels], registers: [this.#registry] };
    };
    for (const [name, counter] of Object.entries(counters)) this.#counters.set(name as CounterName, new Counter(shape(name, counter)));
    for (const [name, gauge] of Object.entries(gauges)) this.#gauges.set(name as GaugeName, new Gauge(shape(name, gauge)));
  }

  count(name: CounterName, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  gauge(name: GaugeName, value: number, labels: Readonly<Record<string, string>> = {}): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  /** The text a scraper reads, and its type. */
  async text(): Promise<{ readonly type: string; readonly body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
