/** A mistake in the options: `message` is the one line to print before exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The message of another library, which may have line ends, as part of our one line. */
export function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
