/*
 * Why something was refused, for a person (RFC 3261 §20.43).
 */

/** The value of a Warning: 399, miscellaneous, unless there is a code for it. `agent`: who warns, our domain. */
export function warning(agent: string, error: Error, code = 399): string {
  return `${code} ${agent} "${error.message.replace(/[^ !#-[\]-~]/g, '')}"`;
}
