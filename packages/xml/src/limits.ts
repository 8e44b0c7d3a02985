/** What a document may use. Lengths count UTF-16 units of the decoded text. */
export interface XmlLimits {
  /** Octets of the input; 1 MiB. */
  readonly maxOctets: number;
  /** Elements inside each other, the root being 1; 100. */
  readonly maxDepth: number;
  /** Attributes of one element, namespace declarations included; 256. */
  readonly maxAttributes: number;
  /** One attribute value; 65,536. */
  readonly maxAttributeLength: number;
  /** One run of text, CDATA section, comment or processing instruction; 262,144. */
  readonly maxTextLength: number;
  /** Elements, attributes, texts, CDATA sections, comments and processing instructions together; 100,000. */
  readonly maxNodes: number;
}

/** The limits that hold when none are given. */
export const xmlLimits: XmlLimits = {
  maxOctets: 1_048_576,
  maxDepth: 100,
  maxAttributes: 256,
  maxAttributeLength: 65_536,
  maxTextLength: 262_144,
  maxNodes: 100_000,
};
