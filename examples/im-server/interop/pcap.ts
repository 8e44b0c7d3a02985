/* Capture files of our own making, for messages no honest program sends. */

const LOOPBACK = [127, 0, 0, 1];
const RAW_IP = 101;

/** One packet to a port of the loopback address, as octets of IP. The checksums are left out: tshark does not look at them. */
export function packet(transport: 'udp' | 'tcp', port: number, text: string): Buffer {
  const payload = Buffer.from(text, 'latin1');
  const header = Buffer.alloc(transport === 'udp' ? 8 : 20);
  header.writeUInt16BE(port, 0);
  header.writeUInt16BE(port, 2);
  if (transport === 'udp') header.writeUInt16BE(8 + payload.length, 4);
  else header.writeUInt32BE(0x5018_ffff, 12);
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 1, 0, 0, 64, transport === 'udp' ? 17 : 6, 0, 0, ...LOOPBACK, ...LOOPBACK]);
  ip.writeUInt16BE(ip.length + header.length + payload.length, 2);
  return Buffer.concat([ip, header, payload]);
}

/** A pcap file with these packets. */
export function pcap(packets: readonly Buffer[]): Buffer {
  const file = Buffer.alloc(24);
  [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, RAW_IP].forEach((value, index) => file.writeUInt32LE(value, index * 4));
  return Buffer.concat([file, ...packets.flatMap((octets) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(octets.length, 8);
    record.writeUInt32LE(octets.length, 12);
    return [record, octets];
  })]);
}
