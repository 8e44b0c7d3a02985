/* Bindings and GRUUs (RFC 5627) in memory. */
import { randomBytes } from 'node:crypto';
import { header, headers, parameter, uriOf } from '../../src/sip-text.js';

export interface Binding {
  readonly contact: string;
  /** Behind its URI, without q and expires. */
  readonly parameters: string;
  readonly q: number;
  readonly callId: string;
  readonly instance: string | undefined;
}

interface Gruu {
  readonly aor: string;
  readonly instance: string;
}

export class Registrar {
  readonly #bindings = new Map<string, Binding[]>();
  readonly #public = new Map<string, Gruu>();
  readonly #temporary = new Map<string, Gruu>();

  /** The status and header lines of the response. */
  register(text: string): readonly [string, ...string[]] {
    const aor = uriOf(header(text, 'To')) ?? '';
    const given = headers(text, 'Contact').flatMap((value) => value.split(/,(?=\s*<)/));
    const callId = header(text, 'Call-ID') ?? '';
    for (const value of given) {
      if (value === '*') {
        for (const { instance } of this.#of(aor)) this.#forget(aor, instance);
        this.#bindings.delete(aor);
        continue;
      }
      const contact = uriOf(value) ?? '';
      if (this.#public.get(contact)?.aor === aor || this.#temporary.get(contact)?.aor === aor) return ['403 Forbidden'];
      const expires = Number(parameter(value, 'expires') ?? header(text, 'Expires') ?? 3600);
      const instance = parameter(value, '+sip.instance');
      const before = this.#of(aor).find((binding) => binding.instance !== undefined && binding.instance === instance);
      if (expires === 0 || (before !== undefined && before.callId !== callId)) this.#forget(aor, instance);
      const others = this.#of(aor).filter((binding) => binding.contact !== contact);
      const parameters = value.slice(value.indexOf('>') + 1).replace(/;(?:q|expires|pub-gruu|temp-gruu)=(?:"[^"]*"|[^;]*)/g, '');
      const made = { contact, parameters, q: Number(parameter(value, 'q') ?? 1), callId, instance };
      this.#bindings.set(aor, expires === 0 ? others : [...others, made]);
      if (instance !== undefined && expires > 0) {
        this.#public.set(publicGruu(aor, instance), { aor, instance });
        this.#temporary.set(`sip:tgruu.${randomBytes(12).toString('hex')}@${aor.split('@')[1]};gr`, { aor, instance });
      }
    }
    const gives = headers(text, 'Supported').some((value) => value.includes('gruu'));
    return ['200 OK', ...this.#of(aor).map((binding) => `Contact: <${binding.contact}>${binding.parameters};expires=600${gives ? this.#gruus(aor, binding) : ''}`)];
  }

  /** The contacts a URI leads to; undefined where it leads nowhere. */
  contacts(uri: string): readonly Binding[] | undefined {
    if (!/;gr(?:=|;|$)/.test(uri)) return this.#of(uri);
    const gruu = this.#public.get(uri) ?? this.#temporary.get(uri);
    return gruu === undefined ? undefined : this.#of(gruu.aor).filter(({ instance }) => instance === gruu.instance);
  }

  #of(aor: string): readonly Binding[] {
    return this.#bindings.get(aor) ?? [];
  }

  #forget(aor: string, instance: string | undefined): void {
    for (const [uri, gruu] of this.#temporary) if (gruu.aor === aor && gruu.instance === instance) this.#temporary.delete(uri);
  }

  #gruus(aor: string, { instance }: Binding): string {
    if (instance === undefined) return '';
    const [temporary = ''] = [...this.#temporary].filter(([, gruu]) => gruu.aor === aor && gruu.instance === instance).at(-1) ?? [];
    return `;pub-gruu="${publicGruu(aor, instance)}";temp-gruu="${temporary}"`;
  }
}

function publicGruu(aor: string, instance: string): string {
  return `${aor};gr=${instance.replace(/[<>]/g, '')}`;
}
