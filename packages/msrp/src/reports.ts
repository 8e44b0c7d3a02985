/*
 * Who answers what: RFC 4975 §7.1.1 (the sender's timer), §7.1.3, §7.1.4 and §7.2. Nothing here answers a REPORT.
 */
import { concatBytes } from '@simple-im/grammar';
import { encodeEnd, encodeHead, formatByteRange } from './encoder.js';
import type { MsrpHead } from './frame.js';
import type { FailureReport } from './grammar.js';

/** What one combination of Success-Report and Failure-Report asks of both sides. */
export interface ReportRules {
  /** The receiver answers a chunk it took with 200. */
  readonly answers200: boolean;
  /** The receiver answers a chunk it cannot take with the status that says why, or reports the failure later. */
  readonly answersFailure: boolean;
  /** The sender counts a missing response as a failure, 30 seconds after the chunk's last octet. */
  readonly timesOut: boolean;
  /** The receiver sends success REPORTs for what arrived. */
  readonly reportsSuccess: boolean;
}

/** Success-Report / Failure-Report -> rules. Absent header fields count as no / yes. */
export const reportTable: Readonly<Record<`${'yes' | 'no'}/${FailureReport}`, ReportRules>> = {
  'no/yes': { answers200: true, answersFailure: true, timesOut: true, reportsSuccess: false },
  'no/partial': { answers200: false, answersFailure: true, timesOut: false, reportsSuccess: false },
  'no/no': { answers200: false, answersFailure: false, timesOut: false, reportsSuccess: false },
  'yes/yes': { answers200: true, answersFailure: true, timesOut: true, reportsSuccess: true },
  'yes/partial': { answers200: false, answersFailure: true, timesOut: false, reportsSuccess: true },
  'yes/no': { answers200: false, answersFailure: false, timesOut: false, reportsSuccess: true },
};

/** Milliseconds a sender waits for a response (RFC 4975 §7.1.1). */
export const RESPONSE_WAIT = 30_000;

export function reportRules(wish: { readonly successReport: boolean; readonly failureReport: FailureReport }): ReportRules {
  return reportTable[`${wish.successReport ? 'yes' : 'no'}/${wish.failureReport}`];
}

/** Whether a request is answered with this status. A REPORT never is (RFC 4975 §7.1.2). */
export function isAnswered(head: MsrpHead, status: number): boolean {
  if (head.method === undefined || head.method === 'REPORT') return false;
  const rules = reportRules(head);
  return status < 300 ? rules.answers200 : rules.answersFailure;
}

/**
 * What a status means for the sender. `message`: no more of this message (RFC 4975 §10.5). `session`: the session is at
 * its end; so is every failure REPORT that is not about the message itself (§7.3.2).
 */
export function consequence(status: number, from: 'response' | 'report'): 'none' | 'message' | 'session' {
  if (status < 300) return 'none';
  if (status === 481 || status === 506) return 'session';
  if (from === 'response' || status === 403 || status === 413 || status === 415) return 'message';
  return 'session';
}

export interface ReportToSend {
  readonly transactionId: string;
  /** The From-Path of the SEND. */
  readonly toPath: readonly string[];
  readonly localUri: string;
  readonly messageId: string;
  /** Octets reported on, counted from 1; `total` absent when unknown. */
  readonly range: { readonly start: number; readonly end: number; readonly total?: number | undefined };
  readonly status: number;
  readonly comment?: string;
}

/** A whole REPORT (RFC 4975 §7.1.3, §7.1.4): namespace 000, the exact range, no Success-Report, no Failure-Report. */
export function encodeReport(report: ReportToSend): Uint8Array {
  const { start, end, total } = report.range;
  const head = encodeHead({
    transactionId: report.transactionId,
    method: 'REPORT',
    toPath: report.toPath,
    fromPath: [report.localUri],
    fields: [
      ['Message-ID', report.messageId],
      ['Byte-Range', formatByteRange({ start, end, total })],
      ['Status', `000 ${report.status}${report.comment === undefined ? '' : ` ${report.comment}`}`],
    ],
    body: false,
  });
  return concatBytes([head, encodeEnd(report.transactionId, '$', false)]);
}
