// What Node cannot do without: it finds the transaction id, the end of the head and the end-line with Buffer.indexOf, and
// hands slices on as positions. It decodes no header and checks nothing.
const BLANK = Buffer.from('\r\n\r\n');
const ID = 5;
/** Flag and CRLF. */
const AFTER_ID = 3;

export class Floor {
  frames = 0;
  bodyOctets = 0;
  #rest = null;
  #endLine = null;
  #inBody = false;

  receive(read) {
    const input = this.#rest === null ? read : Buffer.concat([this.#rest, read]);
    let at = 0;
    while (at < input.length) {
      const next = this.#inBody ? this.#body(input, at) : this.#head(input, at);
      if (next < 0) break;
      at = next;
    }
    // In a body the last octets may be the start of the end-line; what comes before them is handed on.
    if (this.#inBody && at < input.length) {
      const keep = Math.min(input.length - at, this.#endLine.length + AFTER_ID - 1);
      this.bodyOctets += input.length - at - keep;
      at = input.length - keep;
    }
    this.#rest = at < input.length ? input.subarray(at) : null;
  }

  #head(input, at) {
    const line = input.indexOf(10, at);
    if (line < 0) return -1;
    const blank = input.indexOf(BLANK, line - 1);
    if (blank < 0) return -1;
    this.#endLine = Buffer.from(`\r\n-------${input.latin1Slice(at + ID, input.indexOf(32, at + ID))}`, 'latin1');
    this.#inBody = true;
    return blank + BLANK.length;
  }

  #body(input, at) {
    const end = input.indexOf(this.#endLine, at);
    const next = end + this.#endLine.length + AFTER_ID;
    if (end < 0 || next > input.length) return -1;
    this.bodyOctets += end - at;
    this.frames++;
    this.#inBody = false;
    return next;
  }
}
