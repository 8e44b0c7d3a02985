/* Why an operation was refused, as the codes of errors.ts. */

/** What the store refuses of itself; `code` is one of errors.ts. */
export class Refusal extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

/** Primary result codes of SQLite, and those extended ones that mean something else. */
const SQLITE_FULL = 13;
/** The index of the write-ahead log could not grow. */
const SQLITE_IOERR_SHMSIZE = 4874;

/** What goes back to whoever asked. */
export function refusalOf(error) {
  const { errcode } = error;
  const isFull = errcode === SQLITE_IOERR_SHMSIZE || (errcode & 0xff) === SQLITE_FULL;
  const code = error instanceof Refusal ? error.code : isFull ? 'IM_STORE_FULL' : 'IM_STORE_FAILED';
  return { code, detail: String(error.message) };
}
